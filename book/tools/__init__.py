"""Tools that prove, normalise and check the book."""
