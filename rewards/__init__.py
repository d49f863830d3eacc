"""One file per signal: what a reward measures."""
