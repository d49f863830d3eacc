"""Web pages in a browser."""
