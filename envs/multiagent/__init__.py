"""PettingZoo games."""
