"""NetHack and MiniHack, with captions."""
