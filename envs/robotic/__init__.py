"""Robot arms in MuJoCo (gymnasium-robotics) with features in metres."""
