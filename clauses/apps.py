from django.apps import AppConfig


class ClausesConfig(AppConfig):
    name = "clauses"
    verbose_name = "Clauses et heures"

    def ready(self):
        from clauses import panels, procedures, questions  # noqa: F401 - register what lower pages and messages ask
