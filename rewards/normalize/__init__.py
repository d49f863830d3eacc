"""Rewards made comparable: across a group, against references, over ensembles."""
