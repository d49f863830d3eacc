"""MuJoCo robots."""
