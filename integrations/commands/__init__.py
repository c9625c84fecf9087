"""The commands of ``python -m integrations``."""
