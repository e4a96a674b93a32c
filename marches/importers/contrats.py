"""Files of contracts in any official format, turned into the register.

A file is read whole to be sure of it, then written inside one transaction. Memory does not grow with it.
"""

import math
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from marches.importers.fichiers import Fichier
from marches.importers.formats import Format, reconnaitre
from marches.upsert import Lecture, LotUpsert, Noms
from portal.imports import FichierRefuse, ImportReport
from portal.models import Importation

BATCH = 500
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL and lone surrogates: PostgreSQL takes neither
MOST_DIGITS = 30  # a longer number is kept as text
DEEPEST = 100


def import_file(path: str | Path | Fichier, *, noms: Noms | None = None, by=None) -> ImportReport:
    """Import one file; FichierRefuse, with nothing written, when it is no whole file of a known format."""
    fichier = path if isinstance(path, Fichier) else Fichier(Path(path))
    format = reconnaitre(fichier)
    check_file(fichier, format)
    report = ImportReport(fichier.nom)
    with transaction.atomic():
        importation = Importation.objects.create(format=format.cle, fichier=fichier.nom, par=by)
        upsert = LotUpsert(format.cle_conservee, importation, report, noms)
        with fichier.ouvrir() as file:
            lectures = _lectures(format, file, report)
            while batch := list(islice(lectures, BATCH)):
                upsert.store(batch)
        report.check()
        importation.rapport, importation.terminee_le = report.as_dict(), timezone.now()
        importation.save(update_fields=["rapport", "terminee_le"])
    return report


def check_file(fichier: Fichier, format: Format) -> int:
    """Read the whole file without writing; the number of records, or FichierRefuse that says what is wrong."""
    with fichier.ouvrir() as file:
        return sum(1 for _ in format.records(file))


def _lectures(format: Format, file, report: ImportReport) -> Iterator[Lecture]:
    """The records that can be kept; the others are set aside with their rank and reason."""
    for rank, raw in enumerate(report.reading(format.records(file)), start=1):
        donnees, damaged = storable(raw)
        lu = format.read(donnees)
        if lu.refus:
            report.set_aside(rank, lu.refus, _name(donnees))
            continue
        if damaged:
            report.flag(rank, "caractères de contrôle retirés du texte")
        yield Lecture(rank, lu, donnees)


def _name(donnees: Any) -> str:
    return str(donnees.get("id") or "")[:60] if isinstance(donnees, dict) else ""


def storable(value: Any, depth: int = 0) -> tuple[Any, bool]:
    """`value` as both databases store JSON: no NUL, no lone surrogate, plain numbers; and whether text was damaged."""
    if isinstance(value, str):
        kept = UNSTORABLE.sub("", value)
        return kept, kept != value
    if depth > DEEPEST:
        raise FichierRefuse(f"Le fichier imbrique plus de {DEEPEST} niveaux : il est abîmé.")
    if isinstance(value, dict):
        pairs = [(storable(key, depth + 1), storable(item, depth + 1)) for key, item in value.items()]
        damaged = any(key[1] or item[1] for key, item in pairs)
        return {key[0]: item[0] for key, item in pairs}, damaged
    if isinstance(value, list):
        items = [storable(item, depth + 1) for item in value]
        return [item for item, _ in items], any(damaged for _, damaged in items)
    if isinstance(value, (Decimal, int, float)) and not isinstance(value, bool):
        return _number(value), False
    return value, False


def _number(value: Decimal | int | float) -> int | float | str:
    number = Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        return str(value)[:100]
    if number == number.to_integral_value():
        return int(number)
    as_float = float(number)
    return as_float if math.isfinite(as_float) else str(value)[:100]
