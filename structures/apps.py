from django.apps import AppConfig


class StructuresConfig(AppConfig):
    name = "structures"
    verbose_name = "Annuaire"

    def ready(self):
        from structures import panels  # noqa: F401 — importing it registers the panels
