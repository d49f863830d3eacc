"""Household tasks as in ALFWorld, generated from its floor plans or read from its data set."""
