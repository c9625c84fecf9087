"""A user's app: a model, and handlers in a module ``webhooks``."""
