"""Tell people which structures newly answer their saved searches; to run every day."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from structures.actions import recherches


class Command(BaseCommand):
    help = "Écrit aux personnes dont une recherche enregistrée a de nouvelles réponses\u00a0; à lancer chaque jour."

    def handle(self, *args, **options):
        told = recherches.check_all(timezone.now())
        self.stdout.write(
            f"Recherches lues\u00a0: {told['lues']}\u00a0; annoncées\u00a0: {told['annoncees']}\u00a0; "
            f"incomprises\u00a0: {told['incomprises']}."
        )
