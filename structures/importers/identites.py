"""Files that know structures by SIRET and kind alone: which card each line speaks of."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from portal.imports import ImportReport
from structures.models import Structure
from structures.upsert import Fiche

BATCH = 500


def identify(fiches: Iterable[Fiche], report: ImportReport) -> Iterator[Fiche]:
    """The fiches, each given the source identifier of the one card of its SIRET and kind, if there is one.

    Set aside: a line that several cards answer (24 SIRET are shared by 52 ESAT), and a line without name about a
    structure not known yet. Two queries for each 500 fiches.
    """
    fiches = list(fiches)
    for start in range(0, len(fiches), BATCH):
        piece = fiches[start : start + BATCH]
        known = _known({fiche.siret for fiche in piece})
        for fiche in piece:
            same = known.get((fiche.siret, fiche.kind), [])
            if fiche.identifiant_source not in same and len(same) > 1:
                report.set_aside(
                    fiche.ligne,
                    f"{len(same)} {fiche.kind} ont ce SIRET\u00a0: le fichier ne dit pas lequel",
                    fiche.siret,
                )
                continue
            if not same and not fiche.champs.get("nom"):
                report.set_aside(fiche.ligne, "structure encore inconnue, et la ligne n'a pas de nom", fiche.siret)
                continue
            if len(same) == 1 and not fiche.identifiant_source:
                fiche.identifiant_source = same[0]
            yield fiche


def _known(sirets: set[str]) -> dict[tuple[str, str], list[str]]:
    rows = Structure.objects.filter(organisation__type_identifiant="SIRET", organisation__identifiant__in=sirets)
    known: dict[tuple[str, str], list[str]] = defaultdict(list)
    for siret, kind, identifier in rows.values_list("organisation__identifiant", "kind", "identifiant_source"):
        known[siret, kind].append(identifier)
    return known
