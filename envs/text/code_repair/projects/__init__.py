"""Small packages that are right; the env breaks copies of their text. Each shows what it is."""
