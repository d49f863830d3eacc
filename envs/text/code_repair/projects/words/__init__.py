"""A small package of words, for bugs to be put in."""
