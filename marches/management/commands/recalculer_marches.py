"""`recalculer_marches`: the register shown by the places, sectors, names and structures known today."""

from django.core.management.base import BaseCommand, CommandError

from marches.upsert import read_noms, recalculer
from portal.imports import FichierRefuse, plural


class Command(BaseCommand):
    help = (
        "Relit les enregistrements DECP déjà importés\u00a0: lieux, secteurs, noms et titulaires suivent les "
        "référentiels d'aujourd'hui. À lancer après import_territoires ou import_structures\u00a0; sans effet s'il "
        "n'y a rien de neuf."
    )

    def add_arguments(self, parser):
        parser.add_argument("--noms", metavar="FICHIER.csv", help="table siret, denomination, source (.gz accepté)")

    def handle(self, *, noms, **options):
        try:
            known = read_noms(noms) if noms else {}
        except FichierRefuse as error:
            raise CommandError(f"{noms}\u00a0: {error}") from error
        self.stdout.write(f"{plural(recalculer(known), 'lot relu', 'lots relus')}.")
