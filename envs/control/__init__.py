"""Classic control and LunarLander with physical features: what, in which units."""
