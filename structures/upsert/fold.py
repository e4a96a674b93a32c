"""The shown state of a structure, computed from all its records in order of publication, under what people typed."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils import timezone

from portal.siret import is_siret
from structures.enums import Origine
from structures.models import Activite, Commune, Organisation, Secteur, SourceStructure, Structure
from structures.search_index import reindex
from structures.upsert.fiche import (
    BATCH,
    DATES,
    FROM_FILES,
    PLACE,
    PLAIN,
    PRECEDENCE,
    SOURCES,
    STATED,
    TYPED,
    WRITTEN,
    chunks,
    rewrite,
)
from structures.zones import Geography, make_zone


def fold(ids: Iterable[int]) -> None:
    """Recompute these structures, their organisations and their deduced activities from all their records."""
    pks = sorted(set(ids))
    for chunk in chunks(pks):
        _fold_some(list(chunk))
    reindex(pks)


def _fold_some(pks: list[int]) -> None:
    records: dict[int, list[SourceStructure]] = defaultdict(list)
    for record in SourceStructure.objects.filter(structure__in=pks):
        records[record.structure_id].append(record)
    structures = list(Structure.objects.filter(pk__in=records))
    shown = {
        structure.pk: _shown(sorted(records[structure.pk], key=_publication), set(structure.champs_saisis))
        for structure in structures
    }
    _fill_points(shown.values())
    now = timezone.now()
    changed = []
    for structure in structures:
        values = shown[structure.pk]
        if any(getattr(structure, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(structure, name, value)
            _order_convention(structure)
            structure.modifiee_le = now
            changed.append(structure.derive())
    rewrite(Structure, changed, WRITTEN)
    _fold_organisations({structure.organisation_id for structure in structures} - {None})
    _fold_activities(structures, records)


def _order_convention(structure: Structure) -> None:
    """Two files may tell dates that do not go together: the end, newer or typed, is kept."""
    start, end = structure.convention_debut, structure.convention_fin
    if start and end and end < start:
        structure.convention_debut = None


def _fill_points(shown: Iterable[dict[str, Any]]) -> None:
    """Where files give no position, that of the commune."""
    without = [values for values in shown if values.get("commune_id") and values.get("latitude") is None]
    codes = {values["commune_id"] for values in without}
    points = {
        code: point for code, *point in Commune.objects.filter(pk__in=codes).values_list("pk", "latitude", "longitude")
    }
    for values in without:
        values["latitude"], values["longitude"] = points.get(values["commune_id"], (None, None))


def _publication(record: SourceStructure) -> tuple[date, int, str]:
    rank = PRECEDENCE.index(record.format) if record.format in PRECEDENCE else -1
    return record.publie_le or date.min, rank, record.cle


def _shown(records: list[SourceStructure], typed: set[str]) -> dict[str, Any]:
    """The value of each field that files decide, the last record that says something winning."""
    values: dict[str, Any] = {}
    conventions: set[str] = set()
    for record in records:
        champs = record.donnees["champs"]
        values |= {name: champs[name] for name in PLAIN if name in champs}
        # A place is one fact: a postcode of one file never goes with the town of another.
        if _is_placed(champs) or not _is_placed(values):
            place = {name: champs.get(name, EMPTY.get(name, "")) for name in PLACE}
            if place["latitude"] is None and place["commune_id"] == values.get("commune_id"):
                place |= {name: values.get(name) for name in ("latitude", "longitude")}
            values |= place
        conventions |= set(champs.get("departements_convention", []))
    for name in DATES:
        if isinstance(values.get(name), str):
            values[name] = date.fromisoformat(values[name])
    values["departements_convention"] = " ".join(sorted(conventions))[:200]
    last = records[-1]
    values["source"] = SOURCES.get(last.format, last.format)
    values["donnees_du"] = last.publie_le
    blocked = set(typed) | {f"{name}_id" for name in typed}
    if blocked & set(PLACE):
        blocked |= set(PLACE)
    return {name: value for name, value in values.items() if name not in blocked}


def _is_placed(fields: dict[str, Any]) -> bool:
    return fields.get("commune_id") is not None or fields.get("latitude") is not None


EMPTY = {"commune_id": None, "departement_id": None, "latitude": None, "longitude": None}


def _fold_organisations(pks: set[int]) -> None:
    """Name, address and NAF of organisations, from the records of all their structures; typed names stay."""
    records: dict[int, list[SourceStructure]] = defaultdict(list)
    rows = SourceStructure.objects.filter(structure__organisation__in=pks).select_related("structure")
    for record in rows.only("format", "cle", "publie_le", "donnees", "structure__organisation_id"):
        records[record.structure.organisation_id].append(record)
    changed = []
    for organisation in Organisation.objects.filter(pk__in=pks):
        values: dict[str, Any] = {}
        for record in sorted(records[organisation.pk], key=_publication):
            champs = record.donnees["champs"]
            if name := champs.get("denomination") or champs.get("nom"):
                values |= {"denomination": name[:250], "source_denomination": SOURCES.get(record.format, record.format)}
            if "naf" in champs:
                values["naf"] = champs["naf"]
            if "commune_id" in champs:
                values |= {name: champs.get(name, "") for name in ("adresse", "code_postal")}
                values["commune_id"] = champs["commune_id"]
        values["identifiant_valide"] = is_siret(organisation.identifiant)
        if organisation.source_denomination == TYPED:
            values = {name: values[name] for name in ("naf", "identifiant_valide") if name in values}
        if any(getattr(organisation, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(organisation, name, value)
            changed.append(organisation.derive())
    written = ["denomination", "source_denomination", "nom_tri", "naf", "adresse", "code_postal", "commune",
               "identifiant_valide"]  # fmt: skip
    rewrite(Organisation, changed, written)


def _fold_activities(structures: list[Structure], records: dict[int, list[SourceStructure]]) -> None:
    """Activities that files tell follow the records; those that a person declared are never touched."""
    sectors = dict(Secteur.objects.values_list("code", "pk"))
    zones = _Zones()
    present: dict[int, dict[tuple[int, str], Activite]] = defaultdict(dict)
    for activity in Activite.objects.filter(structure__in=[structure.pk for structure in structures]):
        present[activity.structure_id][activity.secteur_id, activity.mode] = activity
    new, changed, gone = [], [], []
    for structure in structures:
        if "activites" in structure.champs_saisis:
            continue
        wanted: dict[tuple[int, str], tuple[str, int | None]] = {}
        for record in sorted(records[structure.pk], key=_publication):
            origine = Origine.IMPORTEE.value if record.format in STATED else Origine.DEDUITE.value
            zone = zones.of(record.donnees.get("zone"), record.donnees.get("rayon"))
            for code, mode in record.donnees["activites"]:
                if code not in sectors:
                    continue
                pair = (sectors[code], mode)
                former = wanted.get(pair, (Origine.DEDUITE.value, None))
                stated = Origine.IMPORTEE.value if Origine.IMPORTEE.value in (former[0], origine) else origine
                wanted[pair] = (stated, zone or former[1])
        mine = present[structure.pk]
        for (secteur, mode), (origine, zone) in sorted(wanted.items()):
            activity = mine.get((secteur, mode))
            if activity is None:
                new.append(Activite(structure=structure, secteur_id=secteur, mode=mode, origine=origine, zone_id=zone))
            elif activity.origine in FROM_FILES:
                # A zone that no file told was drawn by a person: only a file's own zone is taken away.
                shown = zone if zone or activity.origine == Origine.IMPORTEE else activity.zone_id
                if (activity.origine, activity.zone_id) != (origine, shown):
                    activity.origine, activity.zone_id = origine, shown
                    changed.append(activity)
        gone += [
            activity.pk for pair, activity in mine.items() if activity.origine in FROM_FILES and pair not in wanted
        ]
    if gone:
        Activite.objects.filter(pk__in=gone).delete()
    Activite.objects.bulk_create(new, batch_size=BATCH)
    Activite.objects.bulk_update(changed, ["origine", "zone"], batch_size=BATCH)


class _Zones:
    """The zone of each set of places and circle, found or written once for a fold."""

    def __init__(self):
        self._known: dict[tuple, int | None] = {}
        self._geography: Geography | None = None

    def of(self, places: list[list[str]] | None, rayon: list | None) -> int | None:
        """None when nothing is declared, and for a circle alone whose commune is no longer known."""
        if not places and not rayon:
            return None
        code, km = rayon or ("", None)
        lieux = sorted((niveau, code) for niveau, code in places or ())
        key = (tuple(lieux), code, km)
        if key not in self._known:
            self._geography = self._geography or Geography.read()
            centre = self._geography.centres.get(code)
            said = make_zone(lieux, centre, km if centre else None, self._geography) if lieux or centre else None
            self._known[key] = said.pk if said else None
        return self._known[key]
