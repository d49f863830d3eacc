"""Rewards read from a language model's own probabilities."""
