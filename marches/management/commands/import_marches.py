"""`import_marches FILE…`: contracts in any official format, .gz and .zip accepted."""

import time

from django.core.management.base import BaseCommand, CommandError

from marches.importers.contrats import import_file
from marches.importers.fichiers import fichiers as files_at
from marches.importers.formats import FORMATS
from marches.upsert import read_noms
from portal.imports import FichierRefuse, combine, save_json


class Command(BaseCommand):
    help = (
        "Importe des fichiers de marchés et de concessions dans le registre. Le format est reconnu au contenu\u00a0: "
        f"{', '.join(format.nom for format in FORMATS)}. Compressés (.gz, .zip) ou non."
    )

    def add_arguments(self, parser):
        parser.add_argument("fichiers", nargs="+", metavar="FICHIER")
        parser.add_argument("--rapport", metavar="FICHIER.json", help="enregistre le rapport complet en JSON")
        parser.add_argument("--noms", metavar="FICHIER.csv", help="table siret, denomination, source (.gz accepté)")

    def handle(self, *, fichiers, rapport, noms, **options):
        try:
            known = read_noms(noms) if noms else {}
        except FichierRefuse as error:
            raise CommandError(f"{noms}\u00a0: {error}") from error
        reports, refused = [], []
        for path in fichiers:
            try:
                members = files_at(path)
            except FichierRefuse as error:
                self._refuse(refused, path, error)
                continue
            for fichier in members:
                start = time.monotonic()
                try:
                    report = import_file(fichier, noms=known)
                except FichierRefuse as error:
                    self._refuse(refused, f"{path} ({fichier.membre})" if fichier.membre else path, error)
                    continue
                reports.append(report)
                self.stdout.write(report.as_text())
                if options["verbosity"] > 1:
                    seconds = max(time.monotonic() - start, 0.001)
                    self.stdout.write(f"  {report.lus / seconds:.0f} enregistrements par seconde")
        if rapport:
            save_json(combine(reports) | {"refuses": refused}, rapport)
        if refused:
            raise CommandError("Rien n'a été écrit pour\u00a0: " + ", ".join(file["fichier"] for file in refused) + ".")

    def _refuse(self, refused, name, error):
        refused.append({"fichier": name, "raison": str(error)})
        self.stderr.write(f"{name}\u00a0: {error}")
