"""Rewards that a program can check: matches, formats, tests, lengths."""
