"""The app, as Django knows it."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class IntegrationsConfig(AppConfig):
    """The app ``integrations``: put ``integrations.contrib.django`` into ``INSTALLED_APPS``."""

    name = "integrations.contrib.django"
    # The last part of the name, "django", says nothing in a table's name or a migration.
    label = "integrations"
    verbose_name = "Integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, and import the module ``webhooks`` of every installed app.

        Raises:
            ValueError: a handler is registered for an event that its vendor does not send.
        """
        from integrations.contrib.django import checks  # noqa: F401  # registers what it defines

        autodiscover_modules("webhooks")
