"""Files of structures brought by a network or the administration: tried, then imported."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.imports import FichierRefuse, ImportReport
from portal.models import Depot, Importation
from portal.permissions import Acteur, Role
from structures.actions import essais
from structures.importers import depots, tableau
from structures.importers.common import make_networks
from structures.importers.tableau import Choix
from structures.models import Reseau
from structures.upsert import SOURCES, import_fiches

FEW = 500  # lines imported while the browser waits; more go to the queue
SHOWN = 20
FORMATS = tuple(SOURCES)  # those of structures
ATTENTE, LECTURE, ECRITURE = "attente", "lecture", "ecriture"


# Before -------------------------------------------------------------------------------------------------------------
def reconnaitre(depot: Depot, *, by: Acteur) -> Choix | None:
    """Say what a file is, and for whom it comes; None when its columns are still to be chosen."""
    name = depots.recognise(depot)
    known = depots.NATIONALES.get(name)
    day = known.publie_le if known else None
    depot.choix = depot.choix | de_la_part(by) | {"format": name, "publie_le": day.isoformat() if day else ""}
    depot.save(update_fields=["choix"])
    return Choix.read(depot.choix)


def dater(depot: Depot, day: date | None) -> None:
    """Say when an official list was published; None when nobody knows."""
    depot.choix |= {"publie_le": day.isoformat() if day else ""}
    depot.save(update_fields=["choix"])


def choisir(depot: Depot, colonnes: dict[str, str], kind: str, *, by: Acteur) -> None:
    """Read a file as a free table with these columns."""
    depot.choix = de_la_part(by) | {"format": tableau.FORMAT, "colonnes": colonnes, "kind": kind}
    depot.save(update_fields=["choix"])


def de_la_part(by: Acteur) -> dict[str, Any]:
    """On whose behalf a file comes."""
    reseau = reseau_of(by)
    return {
        "reseau": reseau.slug if reseau else "",
        "organisation": by.organisation_id or 0,
        "officiel": by.has(Role.ADMINISTRATION),
    }


def reseau_of(by: Acteur) -> Reseau | None:
    """The network on whose behalf a file comes, when there is one."""
    if not by.has(Role.RESEAU):
        return None
    return Reseau.objects.filter(organisation=by.organisation_id or 0).first()


# Importing ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def importer(depot: Depot, *, by: Acteur) -> Importation:
    """Import the file, at once when it is short, else in the queue; the depot goes once it has been read.
    FichierRefuse when it cannot be read."""
    from structures.tasks import import_depot

    choix = Choix.read(depot.choix)
    if choix is None:
        raise FichierRefuse("Choisissez d'abord les colonnes du fichier.")
    lines = essais.lues(depot) or depots.lines(depot, choix)
    importation = Importation.objects.create(
        format=choix.format,
        fichier=depot.nom,
        par=by.user,
        total=lines,
        rapport={"organisation": by.organisation_id, "etape": ATTENTE},
    )
    if lines <= FEW:
        run(importation.pk, depot.pk)
    else:
        import_depot.enqueue(importation.pk, depot.pk)
    importation.refresh_from_db()
    return importation


def run(importation_id: int, depot_id: int) -> None:
    """Do one import of `importer`, whole or not at all; nothing when it has been done."""
    importation = Importation.objects.get(pk=importation_id)
    depot = Depot.objects.filter(pk=depot_id).first()
    if importation.terminee_le:
        return
    report = ImportReport(importation.fichier)
    try:
        choix = Choix.read(depot.choix) if depot else None
        if depot is None or choix is None:
            raise FichierRefuse("Le fichier n'est plus là\u00a0: déposez-le de nouveau.")
        on = timezone.localdate(importation.commencee_le)
        _say(importation, LECTURE, 0)
        fiches = list(depots.fiches(depot, choix, report, on, lambda read: _say(importation, LECTURE, read)))
        _say(importation, ECRITURE, report.lus)
        with transaction.atomic():
            made = make_networks(fiches) if choix.officiel else []
            import_fiches(fiches, importation, report, keep_untraced=True)
            report.check()
            depot.delete()
        said = report.as_dict() | {"reseaux_crees": made}
    except FichierRefuse as refusal:
        said = {"echec": str(refusal)}
    _end(importation, said)


def stopped(importation_id: int) -> None:
    """Say that an import met an error nobody foresaw: nothing of it was written."""
    _end(
        Importation.objects.get(pk=importation_id),
        {"echec": "une erreur imprévue a arrêté l'import, signalez-la à l'administration du portail."},
    )


def _say(importation: Importation, etape: str, lus: int) -> None:
    """Let the page that follows an import know how far it is; one query."""
    importation.rapport["etape"], importation.position = etape, lus
    importation.save(update_fields=["rapport", "position"])


def _end(importation: Importation, said: dict[str, Any]) -> None:
    kept = {name: value for name, value in importation.rapport.items() if name != "etape"}
    importation.rapport = kept | said
    importation.terminee_le = timezone.now()
    importation.save(update_fields=["rapport", "terminee_le"])


# Saying -------------------------------------------------------------------------------------------------------------
def visible_importations(acteur: Acteur):
    """The imports of files of structures that this `Acteur` may see: all for the administration, else one's own."""
    rows = Importation.objects.filter(format__in=FORMATS)
    if acteur.has(Role.ADMINISTRATION):
        return rows
    return rows.filter(rapport__organisation=acteur.organisation_id or 0)
