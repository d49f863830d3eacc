"""What a reward written as a function costs, beside the same NumPy written by hand."""
