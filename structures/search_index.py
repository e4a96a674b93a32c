"""The words by which a structure is found: `Structure.racines`, rewritten by whoever changed what it is made of."""

from collections import defaultdict
from collections.abc import Iterable

from portal.text import racines
from structures.enums import Kind
from structures.models import Activite, Secteur, Structure

BATCH = 500


def reindex(ids: Iterable[int] | None = None) -> int:
    """Refresh `racines` of these structures, all of them by default; how many changed.

    Words come from the name, the trade name, the description, the town, the département, the kind, and the sectors
    with their synonyms and family. Two queries for each 500 structures, and one write where something changed.
    """
    sector_stems = dict(Secteur.objects.values_list("pk", "racines"))
    pks = sorted(set(ids)) if ids is not None else list(Structure.objects.order_by("pk").values_list("pk", flat=True))
    changed = 0
    for start in range(0, len(pks), BATCH):
        changed += _reindex_some(pks[start : start + BATCH], sector_stems)
    return changed


def _reindex_some(pks: list[int], sector_stems: dict[int, str]) -> int:
    sectors: dict[int, list[int]] = defaultdict(list)
    activities = Activite.objects.filter(structure__in=pks).order_by("structure", "secteur")
    for owner, secteur in activities.values_list("structure", "secteur"):
        sectors[owner].append(secteur)
    precisions: dict[int, list[str]] = defaultdict(list)
    for owner, precision in activities.exclude(precision="").values_list("structure", "precision"):
        precisions[owner].append(precision)
    stale = []
    structures = Structure.objects.filter(pk__in=pks).select_related("departement")
    for structure in structures.only(
        "nom", "enseigne", "description", "ville", "kind", "racines", "departement__nom", "departement__code"
    ):
        words = racines(
            structure.nom,
            structure.enseigne,
            structure.description,
            structure.ville,
            structure.departement.nom if structure.departement else "",
            structure.kind,
            Kind(structure.kind).label,
            *precisions[structure.pk],
        )
        stems = dict.fromkeys([*words.split(), *(s for pk in sectors[structure.pk] for s in sector_stems[pk].split())])
        joined = f" {' '.join(stems)} " if stems else ""
        if joined != structure.racines:
            structure.racines = joined
            stale.append(structure)
    Structure.objects.bulk_update(stale, ["racines"], batch_size=BATCH)
    return len(stale)
