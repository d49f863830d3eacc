"""Rewards for agreeing with oneself."""
