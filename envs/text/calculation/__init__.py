"""Arithmetic of any length and depth."""
