"""Source records folded into structures: what files said, in order of publication, under what people typed.

An importer hands `Fiche`s, one per line of a file. Each becomes a `SourceStructure`, known by (format, cle) and
recognised by its fingerprint. The shown state of a structure is then computed from all its records, whatever the order
in which files came: by publication date, then by `PRECEDENCE`. A field named in `champs_saisis` is never written.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from portal.imports import ImportReport
from portal.models import Importation
from portal.siret import is_siret
from structures.enums import Origine, TypeIdentifiant
from structures.models import Activite, Commune, Organisation, Secteur, SourceStructure, Structure
from structures.search_index import reindex

BATCH = 500
PRECEDENCE = ("geiq", "asp", "emplois", "esat")  # among records of the same day, the later of these wins
SOURCES = {
    "asp": "Liste ASP des structures conventionnées",
    "emplois": "Données ouvertes des emplois de l'inclusion",
    "esat": "Répertoire FINESS des ESAT",
    "geiq": "Liste de la fédération des GEIQ",
}
TYPED = "saisie"  # `Organisation.source_denomination` of a name that a person wrote: imports leave it alone

PLACE = ("adresse", "code_postal", "ville", "commune_id", "departement_id", "latitude", "longitude")
PLAIN = ("nom", "enseigne", "description", "courriel", "telephone", "site", "capacite", "effectif",
         "convention_debut", "convention_fin")  # fmt: skip
DATES = ("convention_debut", "convention_fin")
WRITTEN = ("nom", "nom_tri", "enseigne", "description", "courriel", "telephone", "site", "capacite", "effectif",
           "convention_debut", "convention_fin", "adresse", "code_postal", "ville", "commune", "departement",
           "latitude", "longitude", "departements_convention", "source", "donnees_du", "modifiee_le")  # fmt: skip


@dataclass
class Fiche:
    """One line of a file, understood: who (`siret`, `kind`, `identifiant_source`) and what (`champs`).

    `champs` holds fields of `Structure` (`PLAIN`, `PLACE` and `departements_convention`, a list) and `naf`,
    `denomination`; `activites` pairs of sector code and mode; `brut` the line as it was.
    """

    ligne: int
    cle: str
    kind: str
    siret: str = ""
    siret_valide: bool = True
    identifiant_source: str = ""
    champs: dict[str, Any] = field(default_factory=dict)
    activites: list[tuple[str, str]] = field(default_factory=list)
    brut: dict[str, str] = field(default_factory=dict)
    publie_le: date | None = None
    signalements: list[tuple[str, str]] = field(default_factory=list)

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.siret, self.kind, self.identifiant_source

    @property
    def donnees(self) -> dict[str, Any]:
        champs = {name: value for name, value in self.champs.items() if value not in ("", None, [])}
        return {
            "champs": champs,
            "activites": sorted([list(pair) for pair in self.activites]),
            "siret_valide": self.siret_valide,
            "brut": {name: value for name, value in self.brut.items() if value},
        }

    @property
    def empreinte(self) -> str:
        written = json.dumps(self.donnees, sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()


# Records ------------------------------------------------------------------------------------------------------------
@transaction.atomic
def import_fiches(fiches: Sequence[Fiche], importation: Importation, report: ImportReport) -> None:
    """Store the records of one file and refold the structures they speak of; every fiche ends in one count.

    About fifteen queries for each 500 new lines, two for each 500 known ones.
    """
    known = _known_records(importation.format)
    seen: dict[str, str] = {}  # cle → fingerprint, in this file
    fresh: list[tuple[Fiche, str, str]] = []
    for fiche in fiches:
        for reason, value in fiche.signalements:
            report.flag(fiche.ligne, reason, value)
        fingerprint = fiche.empreinte
        cle = _free_key(fiche.cle, fingerprint, seen)
        if cle in seen:
            report.unchanged()  # the same line again
            continue
        seen[cle] = fingerprint
        before = known.get(cle)
        if before and (before.empreinte == fingerprint or _older(fiche.publie_le, before.publie_le)):
            report.unchanged()
        else:
            fresh.append((fiche, cle, fingerprint))
    if not fresh:
        return
    structures, created = _structures_for([fiche for fiche, _, _ in fresh])
    _store(fresh, known, structures, importation)
    fold({structure.pk for structure in structures.values()})
    _count(fresh, known, created, report)


def _free_key(cle: str, fingerprint: str, seen: dict[str, str]) -> str:
    """`cle`, or « cle#2 » for a second line of the file that says something else under the same key."""
    candidate, rank = cle, 1
    while candidate in seen and seen[candidate] != fingerprint:
        rank += 1
        candidate = f"{cle}#{rank}"
    return candidate


def _older(new: date | None, stored: date | None) -> bool:
    return stored is not None and (new is None or new < stored)


def _known_records(format: str) -> dict[str, SourceStructure]:
    rows = SourceStructure.objects.filter(format=format).only("pk", "cle", "empreinte", "publie_le", "structure_id")
    return {row.cle: row for row in rows}


def _structures_for(fiches: list[Fiche]) -> tuple[dict[tuple[str, str, str], Structure], set[tuple[str, str, str]]]:
    """The structure of each identity, made when missing, and the identities that were missing."""
    organisations = _organisations_for(fiches)
    found: dict[tuple[str, str, str], Structure] = {}
    known = Structure.objects.select_related("organisation").only(
        "pk", "kind", "identifiant_source", "organisation__identifiant"
    )
    for chunk in _chunks([organisation.pk for organisation in organisations.values()]):
        for row in known.filter(organisation__in=chunk):
            found[row.organisation.identifiant, row.kind, row.identifiant_source] = row
    for chunk in _chunks([fiche.identifiant_source for fiche in fiches if not fiche.siret]):
        for row in known.filter(organisation=None, identifiant_source__in=chunk):
            found["", row.kind, row.identifiant_source] = row
    missing = {fiche.identity: fiche for fiche in fiches if fiche.identity not in found}
    new = {
        identity: Structure(
            organisation=organisations.get(fiche.siret),
            kind=fiche.kind,
            identifiant_source=fiche.identifiant_source,
            nom=fiche.champs["nom"][:250],
        ).derive()
        for identity, fiche in missing.items()
    }
    Structure.objects.bulk_create(new.values(), batch_size=BATCH)
    return found | new, set(new)


def _organisations_for(fiches: list[Fiche]) -> dict[str, Organisation]:
    validity = {fiche.siret: fiche.siret_valide for fiche in fiches if fiche.siret}
    found: dict[str, Organisation] = {}
    for chunk in _chunks(list(validity)):
        rows = Organisation.objects.filter(type_identifiant=TypeIdentifiant.SIRET, identifiant__in=chunk)
        found |= {row.identifiant: row for row in rows}
    new = [
        Organisation(identifiant=siret, identifiant_valide=valid).derive()
        for siret, valid in validity.items()
        if siret not in found
    ]
    Organisation.objects.bulk_create(new, batch_size=BATCH)
    return found | {row.identifiant: row for row in new}


def _store(fresh, known, structures, importation) -> None:
    new, changed = [], []
    for fiche, cle, fingerprint in fresh:
        record = known.get(cle) or SourceStructure(format=importation.format, cle=cle)
        record.importation = importation
        record.structure = structures[fiche.identity]
        record.empreinte, record.publie_le, record.donnees = fingerprint, fiche.publie_le, fiche.donnees
        (changed if record.pk else new).append(record)
    SourceStructure.objects.bulk_create(new, batch_size=BATCH)
    # Known records were read without their content: they are whole again once these five are set.
    SourceStructure.objects.bulk_update(
        changed, ["importation", "structure", "empreinte", "publie_le", "donnees"], batch_size=100
    )


def _count(fresh, known, created, report: ImportReport) -> None:
    """A line creates its structure, or tells it something new, or repeats what an earlier line of the file said."""
    told: dict[tuple[str, str, str], set[str]] = {}
    for fiche, cle, _ in fresh:
        said = {json.dumps([name, value], default=str) for name, value in fiche.donnees["champs"].items()}
        said |= {json.dumps(pair) for pair in fiche.donnees["activites"]}
        before = told.setdefault(fiche.identity, set())
        if not before and fiche.identity in created:
            report.created()
        elif cle not in known and before >= said:
            report.unchanged()
        else:
            report.updated()
        before |= said


# Fold ---------------------------------------------------------------------------------------------------------------
def fold(ids: Iterable[int]) -> None:
    """Recompute these structures, their organisations and their deduced activities from all their records."""
    pks = sorted(set(ids))
    for chunk in _chunks(pks):
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
            structure.modifiee_le = now
            changed.append(structure.derive())
    _rewrite(Structure, changed, WRITTEN)
    _fold_organisations({structure.organisation_id for structure in structures} - {None})
    _fold_activities(structures, records)


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
    _rewrite(Organisation, changed, written)


def _fold_activities(structures: list[Structure], records: dict[int, list[SourceStructure]]) -> None:
    """Deduced activities follow the records; those that a person or a network declared are never touched."""
    sectors = dict(Secteur.objects.values_list("code", "pk"))
    present: dict[int, dict[tuple[int, str], Activite]] = defaultdict(dict)
    for activity in Activite.objects.filter(structure__in=[structure.pk for structure in structures]):
        present[activity.structure_id][activity.secteur_id, activity.mode] = activity
    new, gone = [], []
    for structure in structures:
        if "activites" in structure.champs_saisis:
            continue
        wanted = {
            (sectors[code], mode)
            for record in records[structure.pk]
            for code, mode in record.donnees["activites"]
            if code in sectors
        }
        mine = present[structure.pk]
        new += [
            Activite(structure=structure, secteur_id=secteur, mode=mode, origine=Origine.DEDUITE)
            for secteur, mode in sorted(wanted - mine.keys())
        ]
        gone += [
            activity.pk for pair, activity in mine.items() if activity.origine == Origine.DEDUITE and pair not in wanted
        ]
    if gone:
        Activite.objects.filter(pk__in=gone).delete()
    Activite.objects.bulk_create(new, batch_size=BATCH)


def _rewrite(model: type[Model], rows: list, columns: Sequence[str]) -> None:
    """Write `columns` of whole rows already in the table: an insert that meets its own key, ten times faster than
    `bulk_update`."""
    model._base_manager.bulk_create(
        rows, batch_size=BATCH, update_conflicts=True, unique_fields=["pk"], update_fields=columns
    )


def _chunks(values: Sequence[Any], size: int = BATCH) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
