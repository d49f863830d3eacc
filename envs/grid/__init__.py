"""MiniGrid tasks with features of the true state."""
