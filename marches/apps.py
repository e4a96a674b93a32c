from django.apps import AppConfig


class MarchesConfig(AppConfig):
    name = "marches"
    verbose_name = "Marchés"

    def ready(self):
        from marches import panels  # noqa: F401 — importing it registers the panels
