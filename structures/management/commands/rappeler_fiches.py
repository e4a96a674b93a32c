"""Tell the members of a structure that its card is a year old; to be run every day."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from portal.imports import plural
from structures.notifications.rappels import remind


class Command(BaseCommand):
    help = (
        "Écrit aux membres des structures dont la fiche n'a pas été confirmée depuis un an\u00a0; à lancer chaque jour."
    )

    def handle(self, *args, **options):
        cards, sent = remind(timezone.localdate())
        self.stdout.write(plural(cards, "fiche à confirmer.", "fiches à confirmer."))
        self.stdout.write(plural(sent, "rappel mis en file.", "rappels mis en file."))
