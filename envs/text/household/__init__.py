"""Household tasks as in ALFWorld."""
