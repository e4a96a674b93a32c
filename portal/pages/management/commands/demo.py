"""`manage.py demo`: one account per role and the stories of the field, everything invented marked as such."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.pages import demo


class Command(BaseCommand):
    help = "Charge les comptes et les données de démonstration (sans effet si elles y sont déjà)."

    def add_arguments(self, parser):
        parser.add_argument("--oui", action="store_true", help="accepter même sur un site public")

    def handle(self, *args, oui=False, **options):
        if not settings.TRY_OUT and not oui:
            raise CommandError("Ce site est public\u00a0: relancez avec --oui pour y charger des données fictives.")
        if demo.is_loaded():
            self.stdout.write("Les données de démonstration sont déjà là.")
        else:
            counts = demo.load()
            self.stdout.write("Données de démonstration chargées\u00a0: " + ", ".join(counts) + ".")
        self.stdout.write("\nComptes de démonstration, mot de passe «\u00a0" + demo.MOT_DE_PASSE + "\u00a0»\u00a0:")
        for email, fonction in demo.accounts():
            self.stdout.write(f"  {email:<32} {fonction}")
