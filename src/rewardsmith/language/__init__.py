"""The reward language: text -> typed nodes -> closures, never executed."""
