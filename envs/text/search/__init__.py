"""Questions answered by searching a local index."""
