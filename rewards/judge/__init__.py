"""Rewards that a language model gives as a judge."""
