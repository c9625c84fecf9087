"""Ways into web frameworks. What is here knows the integrations; they do not know it."""
