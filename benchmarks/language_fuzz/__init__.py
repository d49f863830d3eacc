"""Hostile text for the reward language: programs from a grammar, broken ones, raw bytes."""
