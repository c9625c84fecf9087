from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "integrations.contrib.django.tests.shop"
    label = "shop"
    default_auto_field = "django.db.models.BigAutoField"
