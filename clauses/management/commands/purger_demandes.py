"""Erase the requests to facilitators that were kept long enough; to be run every day."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from clauses.actions.facilitateurs import purge_requests
from portal.imports import plural


class Command(BaseCommand):
    help = "Efface les demandes aux facilitateurs six mois après leur traitement, et les courriels qui en parlaient."

    def handle(self, *args, **options):
        erased = purge_requests(timezone.localdate())
        self.stdout.write(plural(erased, "demande effacée.", "demandes effacées."))
