"""Places, sectors and labels of `structures/data/`, put into the database; the same files a second time do nothing."""

import csv
import gzip
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from portal.imports import FichierRefuse, ImportReport
from portal.models import Importation
from portal.text import racines, sort_key
from structures.models import CodePostal, Commune, Departement, Epci, Label, Region, Secteur, Structure
from structures.search_index import reindex
from structures.upsert.fiche import rewrite
from structures.zones import refresh_all

DATA = Path(__file__).resolve().parent.parent / "data"
FILES = ("regions.csv", "departements.csv", "epci.csv", "communes.csv.gz", "secteurs.csv", "labels.csv")
FORMAT = "territoires"
VERSION = "2"  # to raise when this file fills the columns otherwise
BATCH = 2_000  # rows written at once


@dataclass(frozen=True)
class Loading:
    """What a run did: `reports` is empty when the files had not changed."""

    reports: list[ImportReport]
    importation: Importation

    @property
    def is_unchanged(self) -> bool:
        return not self.reports


def load(folder: Path = DATA, force: bool = False) -> Loading:
    """Bring places, sectors and labels up to date with the files of `folder`, in one transaction.

    One query when nothing changed since the last run. Rows that left the files are deleted only when nothing uses
    them; otherwise they stay, and the report says so.
    """
    fingerprint = _fingerprint(folder)
    last = Importation.objects.filter(format=FORMAT).first()
    if last is not None and not force and last.rapport.get("empreinte") == fingerprint:
        return Loading([], last)
    with transaction.atomic():
        importation = Importation.objects.create(format=FORMAT, fichier=folder.name)
        reports = [
            _sync(Region, "regions.csv", _regions(folder)),
            _sync(Departement, "departements.csv", _departements(folder)),
            _sync(Epci, "epci.csv", _epcis(folder)),
            _sync(Commune, "communes.csv.gz", _communes(folder)),
            _sync_postcodes(),
            _sync(
                Secteur, "secteurs.csv, familles", _secteurs(folder, False), "code", Secteur.objects.filter(parent=None)
            ),
            _sync(Secteur, "secteurs.csv", _secteurs(folder, True), "code", Secteur.objects.exclude(parent=None)),
            _sync(Label, "labels.csv", _labels(folder), "code"),
        ]
        _place_structures()
        refresh_all()
        importation.rapport = {"empreinte": fingerprint, "fichiers": [report.as_dict() for report in reports]}
        importation.terminee_le = timezone.now()
        importation.save()
    return Loading(reports, importation)


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256(VERSION.encode())
    for name in FILES:
        try:
            digest.update((folder / name).read_bytes())
        except OSError as error:
            raise FichierRefuse(
                f"Le fichier «\u00a0{name}\u00a0» manque dans {folder.name}/\u00a0: remettez-le, puis recommencez."
            ) from error
    return digest.hexdigest()


def _lines(folder: Path, name: str, delimiter: str = ",") -> Iterator[dict[str, str]]:
    content = (folder / name).read_bytes()
    text = gzip.decompress(content) if name.endswith(".gz") else content
    yield from csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""), delimiter=delimiter)


def _named(nom: str) -> dict[str, str]:
    return {"nom": nom, "nom_tri": sort_key(nom)}


def _regions(folder: Path) -> Iterator[dict[str, Any]]:
    for line in _lines(folder, "regions.csv"):
        yield {"code": line["code"], **_named(line["nom"])}


def _departements(folder: Path) -> Iterator[dict[str, Any]]:
    for line in _lines(folder, "departements.csv"):
        yield {"code": line["code"], "region_id": line["code_region"], **_named(line["nom"])}


def _epcis(folder: Path) -> Iterator[dict[str, Any]]:
    for line in _lines(folder, "epci.csv"):
        words = racines(line["nom"])  # « Mer et Vie » finds « Communauté de communes entre Mer et Vie »
        yield {"siren": line["siren"], "type": line["type"][:10], "racines": words, **_named(line["nom"])}


def _communes(folder: Path) -> Iterator[dict[str, Any]]:
    for line in _lines(folder, "communes.csv.gz"):
        yield {
            "code": line["code_insee"],
            "siren": line["siren"],
            "codes_postaux": line["codes_postaux"],
            "departement_id": line["code_departement"] or None,
            "epci_id": line["siren_epci"] or None,
            "parente_id": line["code_commune_parente"] or None,
            "population": int(line["population"] or 0),
            "latitude": float(line["latitude"]) if line["latitude"] else None,
            "longitude": float(line["longitude"]) if line["longitude"] else None,
            "nom": line["nom"],
            "nom_tri": sort_key(line["nom"]),
        }


def _secteurs(folder: Path, children: bool) -> Iterator[dict[str, Any]]:
    """The families, or once these are written their sectors."""
    known = dict(Secteur.objects.values_list("code", "pk"))
    lines = list(_lines(folder, "secteurs.csv", ";"))
    names = {line["code"]: line["nom"] for line in lines}
    for order, line in enumerate(lines, start=1):
        if bool(line["parent"]) != children:
            continue
        yield {
            "code": line["code"],
            "nom": line["nom"],
            "parent_id": known[line["parent"]] if line["parent"] else None,
            "ordre": order,
            "cpv": line["cpv"],
            "naf": line["naf"],
            "rome": line["rome"],
            "synonymes": line["synonymes"],
            "part_main_oeuvre": Decimal(line["part_main_oeuvre"]) if line["part_main_oeuvre"] else None,
            "source_part": line["source_part"],
            "racines": racines(line["nom"], line["synonymes"], names.get(line["parent"])),
        }


def _labels(folder: Path) -> Iterator[dict[str, Any]]:
    for order, line in enumerate(_lines(folder, "labels.csv", ";"), start=1):
        yield {name: line[name] for name in ("code", "nom", "presentation", "site")} | {"ordre": order}


def _sync(
    model: type[models.Model],
    source: str,
    rows: Iterable[dict[str, Any]],
    key: str = "",
    scope: models.QuerySet | None = None,
) -> ImportReport:
    """Create or update the rows of `model`, known by `key` (its primary key by default); `scope` bounds what may go."""
    report = ImportReport(source)
    key = key or model._meta.pk.attname
    rows = list(report.reading(rows))
    fields = [name for name in rows[0] if name != key] if rows else []
    present = {row[key]: row for row in (model.objects.all() if scope is None else scope).values(key, *fields)}
    new = [row for row in rows if row[key] not in present]
    changed = [row for row in rows if row[key] in present and row != present[row[key]]]
    model.objects.bulk_create((model(**row) for row in new), batch_size=BATCH)
    model.objects.bulk_create(
        (model(**row) for row in changed),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=[key],
        update_fields=[name.removesuffix("_id") for name in fields],
    )
    report.created(len(new))
    report.updated(len(changed))
    report.unchanged(len(rows) - len(new) - len(changed))
    _forget(model, key, present.keys() - {row[key] for row in rows}, report)
    report.check()
    return report


def _forget(model: type[models.Model], key: str, gone: Iterable[str], report: ImportReport) -> None:
    for obj in model.objects.filter(**{f"{key}__in": list(gone)}):
        users = (relation for relation in model._meta.related_objects if relation.related_model is not CodePostal)
        if any(
            relation.related_model._base_manager.filter(**{relation.field.name: obj}).exists() for relation in users
        ):
            report.flag(None, "N'est plus dans le référentiel, mais sert encore\u00a0: conservé", str(obj))
        else:
            obj.delete()


def _place_structures() -> None:
    """Structures without a position take that of their commune, once it is known."""
    without = Structure.objects.filter(latitude=None, commune__latitude__isnull=False, commune__longitude__isnull=False)
    rows = list(without.select_related("commune"))
    for row in rows:
        row.latitude, row.longitude = row.commune.latitude, row.commune.longitude
    rewrite(Structure, rows, ("latitude", "longitude"))
    reindex([row.pk for row in rows])


def _sync_postcodes() -> ImportReport:
    report = ImportReport("communes.csv.gz, codes postaux")
    wanted = {
        (code, commune)
        for commune, codes in Commune.objects.values_list("pk", "codes_postaux")
        for code in codes.split()
    }
    present = {(code, commune): pk for pk, code, commune in CodePostal.objects.values_list("pk", "code", "commune_id")}
    gone = [pk for pair, pk in present.items() if pair not in wanted]
    CodePostal.objects.filter(pk__in=gone).delete() if gone else None
    new = sorted(wanted - present.keys())
    CodePostal.objects.bulk_create(
        (CodePostal(code=code, commune_id=commune) for code, commune in new), batch_size=BATCH
    )
    report.read(len(wanted))
    report.created(len(new))
    report.unchanged(len(wanted) - len(new))
    report.check()
    return report
