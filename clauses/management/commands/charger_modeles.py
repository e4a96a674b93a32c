"""Publish the model texts of clauses shipped with the portal; to be run at each update."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from clauses.actions.modeles import load_models
from portal.imports import plural


class Command(BaseCommand):
    help = "Publie les modèles de clauses livrés avec le portail\u00a0; un texte changé devient une nouvelle version."

    def handle(self, *args, **options):
        added = load_models(timezone.localdate())
        self.stdout.write(plural(added, "version publiée.", "versions publiées."))
