"""Learners for PettingZoo games; one policy is shared by all agents."""
