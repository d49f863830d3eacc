"""A small package of maps, for bugs to be put in."""
