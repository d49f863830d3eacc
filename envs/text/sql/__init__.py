"""Questions to real SQLite databases."""
