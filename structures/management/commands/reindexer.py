"""Rebuild the words by which structures are found."""

from django.core.management.base import BaseCommand

from portal.imports import plural
from structures.search_index import reindex


class Command(BaseCommand):
    help = "Reconstruit l'index de recherche de l'annuaire\u00a0; utile après un changement de la liste des secteurs."

    def handle(self, *args, **options):
        self.stdout.write(plural(reindex(), "structure réindexée.", "structures réindexées."))
