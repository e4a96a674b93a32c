"""Erase the conversations that were kept long enough."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from structures.actions import echanges


class Command(BaseCommand):
    help = "Efface les échanges relayés six mois après leur dernier message, et les courriels qui en parlaient."

    def handle(self, *args, **options):
        erased = echanges.purge(timezone.localdate())
        self.stdout.write(
            f"Échanges effacés\u00a0: {erased['echanges']}\u00a0; messages\u00a0: {erased['messages']}\u00a0; "
            f"envois\u00a0: {erased['envois']}."
        )
