"""Small repositories with failing tests."""
