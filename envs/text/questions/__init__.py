"""Dialogues that find something out by asking."""
