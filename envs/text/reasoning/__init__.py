"""reasoning-gym's tasks."""
