"""Shared-parameter learners."""
