"""One tree, several back ends: expressions become steps, and steps are bound to a library."""
