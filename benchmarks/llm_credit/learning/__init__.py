"""Success against tokens: the same model and task under several rewards and ways of credit."""
