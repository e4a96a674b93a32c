"""`purge_participants`: people whose time of conservation is over are erased; their hours stay, anonymous."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from clauses.actions import purger
from portal.imports import plural


class Command(BaseCommand):
    help = (
        "Efface les participants sans trace depuis le terme de conservation (24 mois par défaut), et de nouveau ceux "
        "qu'une restauration aurait ramenés. À lancer chaque nuit\u00a0; peut être relancée sans rien doubler."
    )

    def handle(self, **options):
        counts = purger(timezone.localdate())
        said = plural(counts["terme"], "personne effacée", "personnes effacées")
        again = plural(counts["rejoues"], "effacement rejoué", "effacements rejoués")
        self.stdout.write(f"{said}, {again}.")
