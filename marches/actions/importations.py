"""Files of contracts brought on a page: read without a write, imported in the queue, taken back."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from marches.actions import avis
from marches.importers.aiguillage import est_avis
from marches.importers.apercu import Apercu, apercevoir
from marches.importers.avis.apercu import ApercuAvis, apercevoir_avis
from marches.importers.contrats import Depassee, inscrire, poursuivre, seul
from marches.importers.fichiers import Fichier, fichiers
from marches.importers.formats import FORMATS
from marches.models import SourceLot
from marches.upsert import DejaAnnulee
from marches.upsert import annuler as take_back
from portal import depots
from portal.imports import FichierRefuse
from portal.models import Depot, Importation
from portal.permissions import Acteur, Role

__all__ = [
    "CLES", "DejaAnnulee", "annuler", "can_be_taken_back", "deposer", "importer", "lire", "refus_de", "relancer",
]  # fmt: skip

USAGE = "contrats"
CLES = tuple({format.cle for format in FORMATS})
FEW_BYTES = 300_000  # read while the browser waits; more go to the queue
MOST_BYTES = 1024**3  # unpacked
LU, EN_LECTURE = "lu", "lecture"
RESERVE = (
    "Ce fichier contient des avis de marché\u00a0: l'administration du portail les importe pour tous les acheteurs. "
    "Déposez ici les données essentielles de vos contrats."
)


def deposer(upload: UploadedFile, *, by: Acteur) -> Depot:
    """Leave a file of contracts or of notices, to be read before anything is written.

    What the file is, its content says. FichierRefuse for a file that is neither, and for notices that somebody else
    than the administration brings: they may speak of any buyer.
    """
    notices = upload.file is not None and est_avis(upload.file)
    if notices and not by.has(Role.ADMINISTRATION):
        raise FichierRefuse(RESERVE)
    depot = depots.deposer(upload, USAGE, by.user)
    depot.choix = {"avis": notices}
    lire(depot, by=by)
    return depot


# Before -------------------------------------------------------------------------------------------------------------
def lire(depot: Depot, *, by: Acteur) -> None:
    """Have the file read, at once when it is small, else in the queue; what it holds is kept in `choix`."""
    from marches.tasks import lire_contrats

    depot.choix |= {"etape": EN_LECTURE, "organisation": by.organisation_id or 0, "lus": 0}
    depot.save(update_fields=["choix"])
    if len(depot.contenu) <= FEW_BYTES:
        run_lecture(depot.pk)
        depot.refresh_from_db()
    else:
        lire_contrats.enqueue(depot.pk)


def arreter_lecture(depot_id: int) -> None:
    """Say that the reading of a file met an error nobody foresaw."""
    for depot in Depot.objects.filter(pk=depot_id):
        reason = "Une erreur imprévue a arrêté la lecture\u00a0: signalez-la à l'administration du portail."
        depot.choix |= {"etape": LU, "fichiers": [Apercu(depot.nom, refus=reason).as_dict()]}
        depot.save(update_fields=["choix"])


def run_lecture(depot_id: int) -> None:
    """Do one reading of `lire`; nothing when the file has gone."""
    depot = Depot.objects.filter(pk=depot_id).first()
    if depot is None:
        return

    def told(number: int) -> None:
        depot.choix["lus"] = number
        depot.save(update_fields=["choix"])

    try:
        apercus: list[Apercu | ApercuAvis]
        if depot.choix.get("avis"):
            apercus = [apercevoir_avis(depots.contenu(depot), depot.nom, told)]
        else:
            with sur_disque(depot) as found:
                apercus = [apercevoir(fichier, told) for fichier in found]
    except FichierRefuse as refusal:
        apercus = [Apercu(depot.nom, refus=str(refusal))]
    depot.choix = depot.choix | {"etape": LU, "fichiers": [apercu.as_dict() for apercu in apercus]}
    depot.save(update_fields=["choix"])


@contextmanager
def sur_disque(depot: Depot) -> Iterator[list[Fichier]]:
    """The files of a depot, readable twice; the copy goes at the end."""
    with tempfile.NamedTemporaryFile(prefix="contrats-") as copy:
        copy.write(depot.contenu)
        copy.flush()
        yield fichiers(Path(copy.name), titre=depot.nom, limite=MOST_BYTES)


def refus_de(choix: dict[str, Any], acteur: Acteur) -> str:
    """Why this `Acteur` may not import the files that were read, in French; "" when they may.

    The administration imports any file, a buyer only contracts of their own SIREN.
    """
    good = [each for each in choix.get("fichiers", ()) if not each["refus"]]
    if not good:
        return "Aucun fichier ne peut être importé."
    if not any(each["total"] > sum(each["rapport"]["raisons_ecartees"].values()) for each in good):
        return "Aucun enregistrement ne peut être importé."
    if acteur.has(Role.ADMINISTRATION):
        return ""
    if choix.get("avis"):
        return RESERVE
    mine = acteur.organisation.siren if acteur.organisation else ""
    if not mine or any(siren != mine for each in good for siren in each["sirens"]):
        return (
            "Ce fichier contient des marchés d'autres acheteurs que le vôtre\u00a0: envoyez-nous seulement ceux de "
            f"votre SIREN ({mine or 'inconnu'}), ou confiez le fichier à l'administration du portail."
        )
    return ""


# Importing ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def importer(depot: Depot, *, by: Acteur) -> Importation:
    """Import every file of the depot, at once when it is small, else in the queue; the depot goes at the end."""
    from marches.tasks import import_contrats

    if depot.choix.get("avis"):
        return avis.importer(depot, by=by)
    rows = [
        inscrire(each["cle"], each["nom"], each["total"], each["empreinte"], by=by.user)
        for each in depot.choix["fichiers"]
        if not each["refus"]
    ]
    for importation in rows:
        importation.rapport |= {"organisation": by.organisation_id or 0, "depot": depot.pk}
        importation.save(update_fields=["rapport"])
    if len(depot.contenu) <= FEW_BYTES:
        run_import(depot.pk)
    else:
        import_contrats.enqueue(depot.pk)
    rows[0].refresh_from_db()
    return rows[0]


def relancer(importation: Importation) -> bool:
    """Queue an import that seems to have stopped: it goes on where it is. Whether its file is still there."""
    from marches.tasks import import_contrats

    depot = Depot.objects.filter(pk=importation.rapport.get("depot"), usage=USAGE).only("pk").first()
    if depot is None:
        return False
    import_contrats.enqueue(depot.pk)
    return True


def run_import(depot_id: int) -> None:
    """Do the imports of `importer` that are not finished; nothing when another worker does them or the file is gone."""
    depot = Depot.objects.filter(pk=depot_id).first()
    waiting = Importation.objects.filter(rapport__depot=depot_id, terminee_le=None, annulee_le=None)
    if depot is None:
        for importation in waiting:
            _refuse(importation, "le fichier n'est plus là\u00a0: déposez-le de nouveau.")
        return
    by_print = {importation.empreinte: importation for importation in waiting}
    with sur_disque(depot) as found:
        for fichier in found:
            try:
                mine = by_print.get(fichier.empreinte())
                if mine is not None:
                    poursuivre(mine, fichier)
            except FichierRefuse:  # not one of those that were read and accepted
                continue
            except Depassee:
                return
    depot.delete()


def _refuse(importation: Importation, reason: str) -> None:
    importation.rapport |= {"echec": reason}
    importation.terminee_le = timezone.now()
    importation.save(update_fields=["rapport", "terminee_le"])


# Taking back --------------------------------------------------------------------------------------------------------
def visible_importations(acteur: Acteur):
    """The imports of contracts that this `Acteur` may see: all for the administration, those of one's own body else."""
    rows = Importation.objects.filter(format__in=CLES)
    if acteur.has(Role.ADMINISTRATION):
        return rows
    if not acteur.has(Role.ACHETEUR) or not acteur.organisation_id:
        return rows.none()
    return rows.filter(rapport__organisation=acteur.organisation_id)


def listed(acteur: Acteur):
    """What the list of imports shows: those of contracts one may see, and those of notices for the administration."""
    rows = visible_importations(acteur)
    return rows | Importation.objects.filter(format=avis.FORMAT) if acteur.has(Role.ADMINISTRATION) else rows


def can_be_taken_back(importation: Importation) -> bool:
    return importation.etat in {Importation.Etat.TERMINEE, Importation.Etat.EN_COURS}


def annuler(importation: Importation, *, by: Acteur) -> None:
    """Take an import back; DejaAnnulee the second time."""
    with seul():
        take_back(importation)
        importation.refresh_from_db()
        importation.rapport["annulation"] |= {"le": timezone.now().isoformat(), "par": str(by.user)}
        importation.save(update_fields=["rapport"])


def records_of(importation: Importation) -> int:
    return SourceLot.objects.filter(importation=importation).count()
