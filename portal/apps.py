from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The ground floor: users, messages, shared tools."""

    name = "portal"
    verbose_name = "Portail"
