"""A Django app: received webhooks in your database, one view for every service, checks, commands.

Nothing else in the package imports Django.
"""
