"""What all integrations share, one idea a file."""
