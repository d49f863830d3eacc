"""TextWorld: games of rooms, keys, coins and recipes."""
