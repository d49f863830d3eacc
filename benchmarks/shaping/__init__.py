"""Does potential-based shaping help PPO? Steps to success, shaped against sparse."""
