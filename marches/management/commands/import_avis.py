"""Import notices of public contracts from the console."""

from django.core.management.base import BaseCommand, CommandError

from marches.importers.avis import import_avis
from marches.upsert import avis
from portal.imports import FichierRefuse, combine, plural, save_json


class Command(BaseCommand):
    help = "Importe des avis de marché (eForms ou TED R2.0.9), un XML ou une archive .zip à la fois."

    def add_arguments(self, parser):
        parser.add_argument("fichiers", nargs="*", metavar="FICHIER")
        parser.add_argument(
            "--relier", action="store_true", help="rapproche ensuite les avis des contrats arrivés par les DECP"
        )
        parser.add_argument("--rapport", metavar="FICHIER.json", help="enregistre le rapport complet en JSON")

    def handle(self, *, fichiers, rapport, relier, **options):
        if not fichiers and not relier:
            raise CommandError("Donnez au moins un fichier d'avis, ou --relier.")
        reports, refused = [], []
        for path in fichiers:
            try:
                report = import_avis(path)
            except FichierRefuse as error:
                refused.append({"fichier": path, "raison": str(error)})
                self.stderr.write(f"{path}\u00a0: {error}")
                continue
            reports.append(report)
            self.stdout.write(report.as_text())
        if relier:
            self.stdout.write(plural(avis.relier(), "avis relié à un contrat", "avis reliés à un contrat") + ".")
        if rapport:
            save_json(combine(reports) | {"refuses": refused}, rapport)
        if refused:
            raise CommandError("Rien n'a été écrit pour\u00a0: " + ", ".join(file["fichier"] for file in refused) + ".")
