"""Erase the conversations that were kept long enough."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from structures.actions import echanges


class Command(BaseCommand):
    help = "Efface les échanges relayés six mois après leur dernier message, et les courriels qui en parlaient."

    def handle(self, *args, **options):
        erased = echanges.purge(timezone.localdate())
        self.stdout.write(
            f"Échanges effacés : {erased['echanges']} ; messages : {erased['messages']} ; envois : {erased['envois']}."
        )
