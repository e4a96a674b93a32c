"""Tell facilitators and buyers of the conventions that end; to be run every day."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from clauses.actions.conventions import rappeler
from portal.imports import plural


class Command(BaseCommand):
    help = "Écrit aux facilitateurs et aux acheteurs 6, 3 et 1 mois avant la fin d'une convention\u00a0; chaque jour."

    def handle(self, *args, **options):
        self.stdout.write(plural(rappeler(timezone.localdate()), "rappel mis en file.", "rappels mis en file."))
