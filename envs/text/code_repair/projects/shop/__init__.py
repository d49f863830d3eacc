"""A small package of shop, for bugs to be put in."""
