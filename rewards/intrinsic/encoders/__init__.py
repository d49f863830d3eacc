"""What novelty is told from: observations or features as rows of numbers."""
