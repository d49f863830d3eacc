"""Stable-Baselines3 learners."""
