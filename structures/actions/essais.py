"""What an import of structures would do, without a write: told at once when the file is short, else read in the queue
and kept with the file until its columns change."""

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction

from portal.imports import FichierRefuse, ImportReport
from portal.models import Depot
from structures.importers import depots
from structures.importers.tableau import Choix
from structures.upsert import Fiche, foresee

FEW_BYTES = 500_000  # tried while the browser waits, some 6 000 lines
SHOWN = 20
MOST_DETAILS = 500  # of each reason, in what is kept
UNFORESEEN = "Une erreur imprévue a arrêté la lecture\u00a0: signalez-la à l'administration du portail."


@dataclass
class Essai:
    """What an import would do: its report, and its first lines with what becomes of each.

    A line is a `Fiche`, or what the preview prints of it once it has been kept.
    """

    report: ImportReport
    lignes: list[tuple[Any, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Lecture:
    """A file that the queue is reading: lines read so far."""

    lus: int


def essai_de(depot: Depot, on: date) -> Essai | Lecture:
    """What the import of this file would do on the day `on`, or how far its reading is; FichierRefuse when it cannot be
    read."""
    from structures.tasks import essayer_depot

    if len(depot.contenu) <= FEW_BYTES:
        return essayer(depot, on)
    cle = _cle(depot, on)
    known = depot.choix.get("essai") or {}
    if known.get("cle") != cle:
        known = {"cle": cle, "lus": 0}
        with transaction.atomic():
            depot.choix |= {"essai": known}
            depot.save(update_fields=["choix"])
            essayer_depot.enqueue(depot.pk, on.isoformat(), cle)
        depot.refresh_from_db(fields=["choix"])  # the queue of the tests has read it already
        known = depot.choix["essai"]
    if "echec" in known:
        raise FichierRefuse(known["echec"])
    if "rapport" not in known:
        return Lecture(known["lus"])
    report = ImportReport.from_dict(known["rapport"])
    return Essai(report, [(line, state) for line, state in known["lignes"]])


def essayer(depot: Depot, on: date, plafond: int | None = None, follow=None) -> Essai:
    """Try the import without a write; FichierRefuse when the file cannot be read. `follow` is told how many lines have
    been read."""
    choix = Choix.read(depot.choix)
    if choix is None:
        raise FichierRefuse("Choisissez d'abord les colonnes du fichier.")
    report = ImportReport(depot.nom, plafond=plafond)
    fiches = list(depots.fiches(depot, choix, report, on, follow))
    states = foresee(fiches, choix.format, report)
    return Essai(report, [(fiche, states[fiche.ligne]) for fiche in fiches[:SHOWN]])


def run(depot_id: int, on: date, cle: str) -> None:
    """Do one reading of `essai_de`; nothing when the file has gone, or is to be read otherwise."""
    depot = Depot.objects.filter(pk=depot_id).first()
    if depot is None or (depot.choix.get("essai") or {}).get("cle") != cle:
        return
    try:
        essai = essayer(depot, on, MOST_DETAILS, lambda lus: _note(depot_id, cle, {"lus": lus}))
        said = {
            "rapport": essai.report.as_dict(),
            "lignes": [(_shown(fiche), state) for fiche, state in essai.lignes],
        }
    except FichierRefuse as refusal:
        said = {"echec": str(refusal)}
    _note(depot_id, cle, said)


def stopped(depot_id: int, cle: str) -> None:
    """Say that a reading met an error nobody foresaw."""
    _note(depot_id, cle, {"echec": UNFORESEEN})


def lues(depot: Depot) -> int:
    """How many lines the file has, when its reading was kept; 0 otherwise."""
    return (depot.choix.get("essai") or {}).get("rapport", {}).get("lus", 0)


@transaction.atomic
def _note(depot_id: int, cle: str, said: dict[str, Any]) -> None:
    """Keep what is known of a reading beside the file, unless it has gone or its columns were chosen again."""
    depot = Depot.objects.select_for_update().filter(pk=depot_id).only("pk", "choix").first()
    if depot is not None and (depot.choix.get("essai") or {}).get("cle") == cle:
        depot.choix["essai"] |= said
        depot.save(update_fields=["choix"])


def _cle(depot: Depot, on: date) -> str:
    """What a reading depends on: the same text for the same answers on the same day."""
    answers = {name: value for name, value in depot.choix.items() if name != "essai"}
    return sha256(f"{on}|{sorted(answers.items())!r}".encode()).hexdigest()


def _shown(fiche: Fiche) -> dict[str, Any]:
    """What the preview prints of a line."""
    champs = {name: fiche.champs[name] for name in ("nom", "ville") if name in fiche.champs}
    kept = {"ligne": fiche.ligne, "siret": fiche.siret, "kind": fiche.kind, "champs": champs}
    return kept | {"activites": [list(pair) for pair in fiche.activites]}
