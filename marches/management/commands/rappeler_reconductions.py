"""Tell buyers and holders of the renewals and ends that come; to be run every day."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from marches.notifications.reconductions import rappeler
from portal.imports import plural


class Command(BaseCommand):
    help = "Écrit aux acheteurs et aux titulaires 6, 3 et 1 mois avant une reconduction ou une fin\u00a0; chaque jour."

    def handle(self, *args, **options):
        lots, sent = rappeler(timezone.localdate())
        self.stdout.write(plural(lots, "lot proche d'une échéance.", "lots proches d'une échéance."))
        self.stdout.write(plural(sent, "rappel mis en file.", "rappels mis en file."))
