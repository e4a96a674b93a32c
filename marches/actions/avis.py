"""Notices brought by the administration; parties matched by people, once for all with the same name and town."""

from django.db import transaction
from django.utils import timezone

from marches.importers.avis import FORMAT, import_avis
from marches.models import PartieARapprocher, SourceAvis
from marches.upsert.avis import annuler_avis, rafraichir
from portal import depots
from portal.imports import FichierRefuse
from portal.models import Depot, Importation
from portal.permissions import Acteur
from structures.models import Organisation

FEW_BYTES = 300_000  # imported while the browser waits; more go to the queue
FEW_NOTICES = 20  # taken back while the browser waits: their procedures are folded again
EN_ANNULATION = "en_annulation"  # in the report: who asked for it
UNFORESEEN = "une erreur imprévue a arrêté l'import, signalez-la à l'administration du portail."


class DejaAnnulee(Exception):
    """Taken back before."""


@transaction.atomic
def importer(depot: Depot, *, by: Acteur) -> Importation:
    """Import a file, at once when it is small, else in the queue; its report is kept on the import.

    Asked for twice, it is done once.
    """
    from marches.tasks import import_avis_depot

    depot = Depot.objects.select_for_update().get(pk=depot.pk)
    if (known := Importation.objects.filter(format=FORMAT, pk=depot.choix.get("importation"))).exists():
        return known.get()
    importation = Importation.objects.create(format=FORMAT, fichier=depot.nom, par=by.user)
    depot.choix |= {"importation": importation.pk}
    depot.save(update_fields=["choix"])
    if len(depot.contenu) <= FEW_BYTES:
        run(importation.pk, depot.pk)
    else:
        import_avis_depot.enqueue(importation.pk, depot.pk)
    importation.refresh_from_db()
    return importation


def run(importation_id: int, depot_id: int) -> None:
    """Do one import of `importer`, whole or not at all; nothing when it has been done."""
    importation = Importation.objects.get(pk=importation_id)
    if importation.terminee_le:
        return
    depot = Depot.objects.filter(pk=depot_id).first()
    try:
        if depot is None:
            raise FichierRefuse("Le fichier n'est plus là\u00a0: déposez-le de nouveau.")
        import_avis(depots.contenu(depot), nom=importation.fichier, importation=importation)
        depot.delete()
    except FichierRefuse as refusal:
        stopped(importation_id, str(refusal))


def stopped(importation_id: int, reason: str = UNFORESEEN) -> None:
    """Say why nothing of an import was written."""
    importation = Importation.objects.get(pk=importation_id)
    importation.rapport = {"echec": reason}
    importation.terminee_le = timezone.now()
    importation.save(update_fields=["rapport", "terminee_le"])


@transaction.atomic
def annuler(importation: Importation, *, by: Acteur) -> bool:
    """Take an import of notices back, at once when they are few, else in the queue; whether it is done."""
    from marches.tasks import annuler_import_avis

    importation = Importation.objects.select_for_update().get(pk=importation.pk)
    if not can_be_taken_back(importation):
        raise DejaAnnulee
    importation.rapport |= {EN_ANNULATION: str(by.user)}
    importation.save(update_fields=["rapport"])
    if SourceAvis.objects.filter(importation=importation).count() <= FEW_NOTICES:
        run_annulation(importation.pk)
        return True
    annuler_import_avis.enqueue(importation.pk)
    return False


@transaction.atomic
def run_annulation(importation_id: int) -> None:
    """Do one taking back of `annuler`; nothing when it has been done."""
    importation = Importation.objects.select_for_update().get(pk=importation_id)
    who = importation.rapport.pop(EN_ANNULATION, None)
    if who is None:
        return
    number = annuler_avis(importation)
    now = timezone.now()
    importation.annulee_le = now
    importation.rapport |= {"annulation": {"le": now.isoformat(), "par": who, "avis": number}}
    importation.save(update_fields=["annulee_le", "rapport"])


def abandonner_annulation(importation_id: int) -> None:
    """After an unforeseen error nothing was taken back, and it may be asked for again."""
    importation = Importation.objects.get(pk=importation_id)
    if importation.rapport.pop(EN_ANNULATION, None) is not None:
        importation.save(update_fields=["rapport"])


def can_be_taken_back(importation: Importation) -> bool:
    return bool(importation.terminee_le) and not {EN_ANNULATION, "annulation", "echec"} & importation.rapport.keys()


# Parties --------------------------------------------------------------------------------------------------------------
def alike(partie: PartieARapprocher, by: Acteur):
    """The parties of the same name and town that this `Acteur` may answer for."""
    return PartieARapprocher.objects.editable_by(by).filter(cle=partie.cle)


@transaction.atomic
def rapprocher(partie: PartieARapprocher, organisation: Organisation | None, *, by: Acteur) -> int:
    """Say which organisation a party is, or None to leave it as text; number of notices concerned.

    The answer holds for the parties of the same name and town that this person may answer for, and for those of
    notices still to come.
    """
    rows = alike(partie, by)
    ids = set(rows.values_list("avis", flat=True))
    rows.update(
        organisation=organisation,
        laissee_en_texte=organisation is None,
        traitee_par=by.user,
        traitee_le=timezone.now(),
    )
    rafraichir(ids)
    return len(ids)
