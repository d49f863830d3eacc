"""Sweeps over rewards and seeds, and their report."""
