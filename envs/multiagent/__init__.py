"""PettingZoo environments whose infos carry each agent's features."""
