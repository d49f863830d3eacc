"""A small package of dates, for bugs to be put in."""
