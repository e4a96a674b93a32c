"""Load régions, départements, intercommunalités, communes and sectors from `structures/data/`."""

from django.core.management.base import BaseCommand, CommandError

from portal.imports import FichierRefuse
from structures.importers import territoires


class Command(BaseCommand):
    help = "Charge les territoires et les secteurs de structures/data/\u00a0; sans effet si rien n'a changé."

    def add_arguments(self, parser):
        parser.add_argument("--force", action="store_true", help="recharge même si les fichiers n'ont pas changé")

    def handle(self, *args, **options):
        try:
            loading = territoires.load(force=options["force"])
        except FichierRefuse as error:
            raise CommandError(str(error)) from error
        if loading.is_unchanged:
            self.stdout.write("Territoires et secteurs\u00a0: déjà à jour.")
        for report in loading.reports:
            self.stdout.write(report.as_text())
