"""Publish the yearly figures that everybody reads; to be run every night."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from clauses.actions.statistiques import publier


class Command(BaseCommand):
    help = (
        "Calcule les statistiques publiques de chaque année\u00a0; les effectifs d'une année sont publiés une seule "
        "fois, l'année suivante. Chaque nuit."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--refaire", action="store_true", help="recalculer aussi les années dont les effectifs sont publiés"
        )

    def handle(self, *args, refaire=False, **options):
        written = publier(timezone.localdate(), refaire=refaire)
        years = ", ".join(map(str, written)) or "aucune"
        self.stdout.write(f"Années publiées\u00a0: {years}.")
