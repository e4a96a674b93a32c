from django.apps import AppConfig


class ClausesConfig(AppConfig):
    name = "clauses"
    verbose_name = "Clauses et heures"

    def ready(self):
        from clauses import panels  # noqa: F401 - registers what it shows on lower pages
