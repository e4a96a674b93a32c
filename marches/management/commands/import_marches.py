"""`import_marches FILE…`: essential data of public contracts (DECP 2022, JSON, .gz accepted)."""

import time

from django.core.management.base import BaseCommand, CommandError

from marches.importers import decp
from marches.upsert import read_noms
from portal.imports import FichierRefuse, combine, save_json


class Command(BaseCommand):
    help = "Importe des fichiers DECP au format 2022 (JSON, .gz accepté) dans le registre des marchés."

    def add_arguments(self, parser):
        parser.add_argument("fichiers", nargs="+", metavar="FICHIER")
        parser.add_argument("--rapport", metavar="FICHIER.json", help="enregistre le rapport complet en JSON")
        parser.add_argument("--noms", metavar="FICHIER.csv", help="table siret, denomination, source (.gz accepté)")

    def handle(self, *, fichiers, rapport, noms, **options):
        try:
            known = read_noms(noms) if noms else {}
        except FichierRefuse as error:
            raise CommandError(f"{noms} : {error}") from error
        reports, refused = [], []
        for path in fichiers:
            start = time.monotonic()
            try:
                report = decp.import_file(path, noms=known)
            except FichierRefuse as error:
                refused.append({"fichier": path, "raison": str(error)})
                self.stderr.write(f"{path} : {error}")
                continue
            reports.append(report)
            self.stdout.write(report.as_text())
            if options["verbosity"] > 1:
                self.stdout.write(
                    f"  {report.lus / max(time.monotonic() - start, 0.001):.0f} enregistrements par seconde"
                )
        if rapport:
            save_json(combine(reports) | {"refuses": refused}, rapport)
        if refused:
            raise CommandError("Rien n'a été écrit pour : " + ", ".join(file["fichier"] for file in refused) + ".")
