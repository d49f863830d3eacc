"""Classic control with physical features."""
