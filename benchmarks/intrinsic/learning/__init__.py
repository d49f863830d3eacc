"""Do intrinsic rewards help PPO where the task's reward is sparse?"""
