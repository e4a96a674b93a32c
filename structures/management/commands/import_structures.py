"""Load one or several files of structures."""

from datetime import date

from django.core.management.base import BaseCommand, CommandError

from portal.imports import FichierRefuse, combine, save_json
from structures.importers import asp, data_inclusion, ea, emplois, esat, geiq
from structures.importers.common import import_file
from structures.models import Commune

FORMATS = {module.FORMAT.name: module.FORMAT for module in (asp, data_inclusion, ea, emplois, esat, geiq)}


def day(text: str) -> date:
    """A day written 2019-07-01, for argparse."""
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Charge des structures dans l'annuaire. Formats\u00a0: " + "\u00a0; ".join(
        f"{name} ({format.libelle})" for name, format in FORMATS.items()
    )

    def add_arguments(self, parser):
        parser.add_argument("format", choices=FORMATS, metavar="FORMAT", help=", ".join(FORMATS))
        parser.add_argument("fichiers", nargs="+", metavar="FICHIER", help="CSV, XLSX, ODS ou JSON, .gz accepté")
        parser.add_argument("--rapport", metavar="FICHIER.json", help="où écrire le rapport complet")
        parser.add_argument("--date", type=day, metavar="AAAA-MM-JJ", help="jour de publication de la source")

    def handle(self, *args, **options):
        if not Commune.objects.exists():
            raise CommandError(
                "Les territoires manquent\u00a0: lancez d'abord «\u00a0manage.py import_territoires\u00a0»."
            )
        reports, refusals = [], []
        for path in options["fichiers"]:
            try:
                report = import_file(FORMATS[options["format"]], path, options["date"])
            except FichierRefuse as error:
                refusals.append({"fichier": path, "raison": str(error)})
                self.stderr.write(f"{path}\u00a0: {error}")
                continue
            reports.append(report)
            self.stdout.write(report.as_text())
        if options["rapport"]:
            save_json({**combine(reports), "refuses": refusals}, options["rapport"])
        if refusals:
            raise CommandError(
                "Rien n'a été écrit pour\u00a0: " + ", ".join(refusal["fichier"] for refusal in refusals) + "."
            )
