"""`annuler_import_marches NUMÉRO`: one import of contracts taken back; asks first."""

from django.core.management.base import BaseCommand, CommandError

from marches.importers.contrats import seul
from marches.importers.formats import FORMATS
from marches.models import SourceLot
from marches.upsert import DejaAnnulee, annuler
from portal.imports import plural
from portal.models import Importation


class Command(BaseCommand):
    help = (
        "Annule un import de marchés\u00a0: ses enregistrements sont retirés, les lots disent de nouveau ce que "
        "disent les autres fichiers, ceux dont lui seul parlait sont retirés sauf si une personne y a travaillé. "
        "Sans numéro, donne la liste des imports."
    )

    def add_arguments(self, parser):
        parser.add_argument("numero", nargs="?", type=int, metavar="NUMÉRO")
        parser.add_argument("--oui", action="store_true", help="ne demande pas confirmation")

    def handle(self, *, numero, oui, **options):
        rows = Importation.objects.filter(format__in={format.cle for format in FORMATS})
        if numero is None:
            for row in rows.order_by("pk"):
                self.stdout.write(f"{row.pk:>6}  {row.commencee_le:%d/%m/%Y}  {row.etat.label:<9}  {row}")
            return
        importation = rows.filter(pk=numero).first()
        if importation is None:
            raise CommandError(f"Il n'y a pas d'import de marchés numéro {numero}.")
        number = SourceLot.objects.filter(importation=importation).count()
        held = plural(number, "enregistrement", "enregistrements")
        if not oui and input(f"Annuler {importation}, {held} ? (oui/non) ").strip().lower() != "oui":
            self.stdout.write("Rien n'est changé.")
            return
        try:
            with seul():
                done = annuler(importation)
        except DejaAnnulee as error:
            raise CommandError("Cet import est déjà annulé.") from error
        self.stdout.write(
            f"Import annulé\u00a0: {plural(done.enregistrements, 'enregistrement retiré', 'enregistrements retirés')}, "
            f"{plural(done.laisses, 'laissé', 'laissés')} à un autre import\u00a0; "
            f"{plural(done.retires, 'lot retiré', 'lots retirés')}, {plural(done.relus, 'relu', 'relus')}, "
            f"{plural(done.gardes, 'gardé', 'gardés')} car des personnes y ont travaillé."
        )
        for exemple in done.exemples:
            self.stdout.write(f"  Gardé\u00a0: {exemple}")
