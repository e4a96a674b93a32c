"""Erase the files left between two steps of an import for more than a day."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.depots import purge
from portal.imports import plural


class Command(BaseCommand):
    help = "Efface les fichiers déposés pour un import et laissés plus d'un jour."

    def handle(self, *args, **options):
        self.stdout.write(plural(purge(timezone.now()), "fichier effacé.", "fichiers effacés."))
