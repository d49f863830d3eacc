"""Typed tools, called over several turns."""
