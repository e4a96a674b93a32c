"""Forget who asked the questions of consultations that are over; to be run every day."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from marches.actions.questions import effacer_auteurs
from portal.imports import plural


class Command(BaseCommand):
    help = "Efface qui a posé les questions d'une consultation, et qui les suivait, six mois après sa date limite."

    def handle(self, *args, **options):
        erased = effacer_auteurs(timezone.localdate())
        self.stdout.write(plural(erased, "question sans auteur désormais.", "questions sans auteur désormais."))
