"""What a stack costs: per step, per row, and in PPO's steps per second."""
