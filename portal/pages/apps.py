from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "portal.pages"
    label = "pages"
    verbose_name = "Témoignages et pages"

    def ready(self):
        from portal.pages import panels  # noqa: F401 — registers them
