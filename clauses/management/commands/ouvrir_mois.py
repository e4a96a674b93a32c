"""Open the month that has ended, and write to those who are late; to be run every day."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from clauses.actions.ouverture import ouvrir_mois, rappeler_retards
from portal.imports import plural


class Command(BaseCommand):
    help = (
        "Ouvre le mois écoulé de chaque clause pour ceux qui la doivent, puis écrit, une fois par mois, à ceux qui ont "
        "des déclarations en retard. À lancer chaque jour\u00a0; peut être relancée sans rien doubler."
    )

    def handle(self, *args, **options):
        on = timezone.localdate()
        self.stdout.write(plural(ouvrir_mois(on), "mois ouvert.", "mois ouverts."))
        self.stdout.write(plural(rappeler_retards(on), "rappel mis en file.", "rappels mis en file."))
