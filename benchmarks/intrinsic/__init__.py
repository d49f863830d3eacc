"""What our intrinsic rewards cost beside RLeXplore's."""
