"""What files said, stored: one record per line, known by (format, cle), recognised by its fingerprint."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction

from portal.imports import ImportReport
from portal.models import Importation
from structures.enums import TypeIdentifiant
from structures.models import Organisation, Reseau, SourceStructure, Structure
from structures.upsert.fiche import BATCH, PLACE, PLAIN, Fiche, chunks, rewrite
from structures.upsert.fold import fold


@transaction.atomic
def import_fiches(
    fiches: Sequence[Fiche], importation: Importation, report: ImportReport, *, keep_untraced: bool = False
) -> None:
    """Store the records of one file and refold the structures they speak of; every fiche ends in one count.

    With `keep_untraced`, what a structure says without any record to say so was typed by somebody, and stays. About
    fifteen queries for each 500 new lines, two for each 500 known ones.
    """
    known = _known_records(importation.format)
    fresh = _fresh(fiches, known, report)
    if not fresh:
        return
    asked = [fiche for fiche, _, _ in fresh]
    organisations = _organisations_for(asked)
    found = _find(asked, organisations)
    created = _create(asked, found, organisations)
    structures = found | created
    if keep_untraced:
        _protect_untraced(found.values())
    attached = _attach(asked, structures)
    _store(fresh, known, structures, importation, set(created), attached)
    fold({structure.pk for structure in structures.values()})
    _count(fresh, known, set(created), report)


def foresee(fiches: Sequence[Fiche], format: str, report: ImportReport) -> dict[int, str]:
    """What `import_fiches` would count, without a write: line → « créée », « mise à jour » or « inchangée »."""
    known = _known_records(format)
    fresh = _fresh(fiches, known, report)
    asked = [fiche for fiche, _, _ in fresh]
    found = _find(asked, _organisations_of(asked))
    created = {fiche.identity for fiche in asked if fiche.identity not in found}
    states = {fiche.ligne: "inchangée" for fiche in fiches}
    return states | _count(fresh, known, created, report)


def _fresh(fiches: Sequence[Fiche], known, report: ImportReport) -> list[tuple[Fiche, str, str]]:
    """The fiches that say something new, with their key and fingerprint; the others are counted."""
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
    return fresh


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


def _find(fiches: list[Fiche], organisations: dict[str, Organisation]) -> dict[tuple[str, str, str], Structure]:
    """The structures already there, by identity."""
    found: dict[tuple[str, str, str], Structure] = {}
    known = Structure.objects.select_related("organisation").only(
        "pk", "kind", "identifiant_source", "organisation__identifiant"
    )
    for chunk in chunks([organisation.pk for organisation in organisations.values()]):
        for row in known.filter(organisation__in=chunk):
            found[row.organisation.identifiant, row.kind, row.identifiant_source] = row
    for chunk in chunks([fiche.identifiant_source for fiche in fiches if not fiche.siret]):
        for row in known.filter(organisation=None, identifiant_source__in=chunk):
            found["", row.kind, row.identifiant_source] = row
    wanted = {fiche.identity for fiche in fiches}
    return {identity: row for identity, row in found.items() if identity in wanted}


def _create(fiches: list[Fiche], found, organisations) -> dict[tuple[str, str, str], Structure]:
    """The structures that were missing."""
    missing = {fiche.identity: fiche for fiche in reversed(fiches) if fiche.identity not in found}
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
    return new


def _protect_untraced(structures: Iterable[Structure]) -> None:
    """Structures of which no file ever spoke: their filled columns were typed by a person."""
    for chunk in chunks(sorted(structure.pk for structure in structures)):
        rows = list(Structure.objects.filter(pk__in=chunk, sources=None))
        for row in rows:
            filled = {name for name in (*PLAIN, *PLACE) if getattr(row, name) not in ("", None)}
            row.champs_saisis = sorted({*row.champs_saisis, *filled})
        rewrite(Structure, rows, ["champs_saisis"])


def _attach(fiches: list[Fiche], structures: dict[tuple[str, str, str], Structure]) -> dict[int, list[str]]:
    """Put structures in the networks that lines name; structure → slugs of those it was not in before."""
    wanted = {(structures[fiche.identity].pk, slug) for fiche in fiches for slug in fiche.reseaux}
    if not wanted:
        return {}
    networks = dict(Reseau.objects.filter(slug__in={slug for _, slug in wanted}).values_list("slug", "pk"))
    through = Structure.reseaux.through
    present: set[tuple[int, int]] = set()
    for chunk in chunks(sorted({pk for pk, _ in wanted})):
        present |= set(through.objects.filter(structure__in=chunk).values_list("structure_id", "reseau_id"))
    attached: dict[int, list[str]] = defaultdict(list)
    for pk, slug in sorted(wanted):
        if slug in networks and (pk, networks[slug]) not in present:
            attached[pk].append(slug)
    rows = [through(structure_id=pk, reseau_id=networks[slug]) for pk, slugs in attached.items() for slug in slugs]
    through.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return attached


def _organisations_of(fiches: list[Fiche]) -> dict[str, Organisation]:
    """The organisations already there, by SIRET."""
    found: dict[str, Organisation] = {}
    for chunk in chunks(sorted({fiche.siret for fiche in fiches if fiche.siret})):
        rows = Organisation.objects.filter(type_identifiant=TypeIdentifiant.SIRET, identifiant__in=chunk)
        found |= {row.identifiant: row for row in rows}
    return found


def _organisations_for(fiches: list[Fiche]) -> dict[str, Organisation]:
    """The organisation of each SIRET, made when missing."""
    validity = {fiche.siret: fiche.siret_valide for fiche in fiches if fiche.siret}
    found = _organisations_of(fiches)
    new = [
        Organisation(identifiant=siret, identifiant_valide=valid).derive()
        for siret, valid in validity.items()
        if siret not in found
    ]
    Organisation.objects.bulk_create(new, batch_size=BATCH)
    return found | {row.identifiant: row for row in new}


def _store(fresh, known, structures, importation, created, attached) -> None:
    """Write the records. Beside what a line said, each keeps what taking its import back needs: whether the structure
    was made by it (`cree`), the networks it put it in (`rattache`), what the record said before (`avant`, one step)."""
    former: dict[int, SourceStructure] = {}
    for chunk in chunks([known[cle].pk for _, cle, _ in fresh if cle in known]):
        former |= SourceStructure.objects.in_bulk(chunk)
    new, changed = [], []
    for fiche, cle, fingerprint in fresh:
        record = known.get(cle) or SourceStructure(format=importation.format, cle=cle)
        structure = structures[fiche.identity]
        before = former.get(record.pk)
        said = fiche.donnees
        trace = _trace(before) if before and before.structure_id == structure.pk else {}
        if fiche.identity in created:
            trace["cree"] = True
        if slugs := sorted({*trace.get("rattache", ()), *attached.get(structure.pk, ())} & {*fiche.reseaux}):
            trace["rattache"] = slugs
        record.importation, record.structure = importation, structure
        record.empreinte, record.publie_le, record.donnees = fingerprint, fiche.publie_le, said | trace
        (changed if record.pk else new).append(record)
    SourceStructure.objects.bulk_create(new, batch_size=BATCH)
    # Known records were read without their content: they are whole again once these five are set.
    SourceStructure.objects.bulk_update(
        changed, ["importation", "structure", "empreinte", "publie_le", "donnees"], batch_size=100
    )


def _trace(record: SourceStructure) -> dict[str, Any]:
    """What the record that replaces `record`, for the same structure, keeps of it."""
    kept = {name: record.donnees[name] for name in ("cree", "rattache") if name in record.donnees}
    return kept | {
        "avant": {
            "importation": record.importation_id,
            "empreinte": record.empreinte,
            "publie_le": record.publie_le.isoformat() if record.publie_le else None,
            "donnees": {name: value for name, value in record.donnees.items() if name != "avant"},
        }
    }


def _count(fresh, known, created, report: ImportReport) -> dict[int, str]:
    """A line creates its structure, or tells it something new, or repeats what an earlier line of the file said."""
    told: dict[tuple[str, str, str], set[str]] = {}
    states: dict[int, str] = {}
    for fiche, cle, _ in fresh:
        said = {json.dumps([name, value], default=str) for name, value in fiche.donnees["champs"].items()}
        said |= {json.dumps(pair) for pair in fiche.donnees["activites"]}
        before = told.setdefault(fiche.identity, set())
        if not before and fiche.identity in created:
            report.created()
            states[fiche.ligne] = "créée"
        elif cle not in known and before and before >= said:
            report.unchanged()
        else:
            report.updated()
            states[fiche.ligne] = "mise à jour"
        before |= said
    return states
