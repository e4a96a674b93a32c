"""Files of contracts in any official format, turned into the register.

Two passes. The first reads the whole file and writes nothing: a file that is cut or damaged is refused whole. The
second writes batch by batch, each in a transaction that also says how far it is: an import that was cut short goes on
where it stopped when the same file is given again. Memory does not grow with the file.
"""

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from marches.importers.fichiers import Fichier
from marches.importers.formats import Format, reconnaitre
from marches.upsert import Lecture, LotUpsert, Noms, canonical
from marches.upsert.avis import relier_import
from portal.imports import FichierRefuse, ImportReport
from portal.models import Importation

BATCH = 2_000  # records: a lookup of each kind is made once a batch, and a batch is what a stop may cost
BATCH_SQLITE = 1_000  # which keeps the pages it changes in memory too: 172 MB for 60 000 contracts, 250 with 2 000
PLAFOND = 500  # details kept of each reason of a report
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL and lone surrogates: PostgreSQL takes neither
MOST_DIGITS = 30  # a longer number is kept as text
SUSPECT = re.compile(r"\\u0000|[\ud800-\udfff]|\d{30}")  # in the text of a record: to be looked at closely
DEEPEST = 100
ONE_AT_A_TIME = 20_221_222  # number of the lock that imports of contracts hold on PostgreSQL


class Depassee(Exception):
    """Another process goes on with this very import."""


def import_file(path: str | Path | Fichier, *, noms: Noms | None = None, by=None) -> ImportReport:
    """Import one file, or finish an import of it that was cut short.

    FichierRefuse, with nothing written, when it is no whole file of a known format.
    """
    fichier = path if isinstance(path, Fichier) else Fichier(Path(path))
    importation = commencer(fichier, by=by)
    return poursuivre(importation, fichier, noms=noms)


def check_file(fichier: Fichier, format: Format) -> int:
    """Read the whole file without writing; the number of records, or FichierRefuse that says what is wrong."""
    with fichier.ouvrir() as file:
        return sum(1 for _ in format.records(file))


def commencer(fichier: Fichier, *, by=None) -> Importation:
    """Read and check the whole file: a new import of it, or the one that was cut short. Writes no contract."""
    format = reconnaitre(fichier)
    return inscrire(format.cle, fichier.nom, check_file(fichier, format), fichier.empreinte(), by=by)


def inscrire(cle: str, nom: str, total: int, empreinte: str, *, by=None) -> Importation:
    """The import of a file that has been read whole: the one that was cut short, else a new one."""
    unfinished = Importation.objects.filter(
        empreinte=empreinte, format=cle, terminee_le=None, annulee_le=None, total=total
    )
    return unfinished.order_by("pk").first() or Importation.objects.create(
        format=cle, fichier=nom[:200], par=by, empreinte=empreinte, total=total
    )


def poursuivre(
    importation: Importation,
    fichier: Fichier,
    *,
    noms: Noms | None = None,
    told: Callable[[Importation], None] | None = None,
) -> ImportReport:
    """Write what is not written yet of an import of `commencer`; `told` is called after each batch.

    One import of contracts at a time on PostgreSQL, the others wait; on SQLite each batch waits for the others.
    """
    format = reconnaitre(fichier)
    with seul():
        importation.refresh_from_db()
        saved = importation.rapport if importation.position else None
        report = ImportReport.from_dict(saved, PLAFOND) if saved else ImportReport(fichier.nom, plafond=PLAFOND)
        if importation.terminee_le:
            return report
        upsert = LotUpsert(format.cle_conservee, importation, report, noms)
        size = BATCH if connection.vendor == "postgresql" else min(BATCH, BATCH_SQLITE)
        with fichier.ouvrir() as file:
            records = islice(format.records(file), importation.position, None)
            while batch := list(islice(records, size)):
                with transaction.atomic():
                    upsert.store(list(_lectures(format, batch, report)))
                    _advance(importation, report, len(batch))
                if told:
                    told(importation)
        report.check()
        relier_import(importation)
        importation.rapport = importation.rapport | report.as_dict()
        importation.terminee_le = timezone.now()
        importation.save(update_fields=["rapport", "terminee_le"])
    return report


@contextmanager
def seul() -> Iterator[None]:
    """Nobody else changes the register by files meanwhile. The lock goes with the connection: a kill frees it."""
    if connection.vendor != "postgresql":
        yield
        return
    if connection.in_atomic_block:  # the lock of a transaction ends with it, however it ends
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [ONE_AT_A_TIME])
    try:
        yield
    finally:
        if connection.connection and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_AT_A_TIME])


def _advance(importation: Importation, report: ImportReport, number: int) -> None:
    """Say in the batch's own transaction how far the import is; Depassee when somebody else has gone further."""
    before, importation.position = importation.position, importation.position + number
    importation.rapport = importation.rapport | report.as_dict()
    mine = Importation.objects.filter(pk=importation.pk, position=before, annulee_le=None)
    if not mine.update(position=importation.position, rapport=importation.rapport):
        raise Depassee(f"{importation}\u00a0: {before}")


def _lectures(format: Format, batch: list[Any], report: ImportReport) -> Iterator[Lecture]:
    """The records that can be kept; the others are set aside with their rank, or the line of a table, and reason."""
    for rank, raw in enumerate(report.reading(batch), start=report.lus + 1):
        rank = getattr(raw, "ligne", rank)
        donnees, texte, damaged = storable(raw)
        lu = format.read(donnees)
        if lu.refus:
            report.set_aside(rank, lu.refus, _name(donnees))
            continue
        if damaged:
            report.flag(rank, "caractères de contrôle retirés du texte")
        yield Lecture(rank, lu, donnees, texte)


def _name(donnees: Any) -> str:
    return str(donnees.get("id") or "")[:60] if isinstance(donnees, dict) else ""


def storable(raw: Any) -> tuple[Any, str, bool]:
    """`raw` as both databases store JSON (no NUL, no lone surrogate, plain numbers), its text, whether it was damaged.

    What is read is what will be read again of the stored text: a number of too many digits is rounded once.
    """
    text, damaged = canonical(raw, _number), False
    if SUSPECT.search(text):
        raw, damaged = _cleaned(raw)
        text = canonical(raw, _number)
    return json.loads(text), text, damaged


def _cleaned(value: Any, depth: int = 0) -> tuple[Any, bool]:
    if isinstance(value, str):
        kept = UNSTORABLE.sub("", value)
        return kept, kept != value
    if depth > DEEPEST:
        raise FichierRefuse(f"Le fichier imbrique plus de {DEEPEST} niveaux\u00a0: il est abîmé.")
    if isinstance(value, dict):
        pairs = [(_cleaned(key, depth + 1), _cleaned(item, depth + 1)) for key, item in value.items()]
        damaged = any(key[1] or item[1] for key, item in pairs)
        return {key[0]: item[0] for key, item in pairs}, damaged
    if isinstance(value, list):
        items = [_cleaned(item, depth + 1) for item in value]
        return [item for item, _ in items], any(damaged for _, damaged in items)
    if isinstance(value, (Decimal, int, float)) and not isinstance(value, bool):
        return _number(value), False
    return value, False


def _number(value: Any) -> int | float | str:
    """A number as any reader of JSON gives it back; as text when none would."""
    number = Decimal(str(value))
    if not number.is_finite() or abs(number.adjusted()) > MOST_DIGITS:
        return str(value)[:100]
    if number == number.to_integral_value():
        return int(number)
    as_float = float(number)
    return as_float if math.isfinite(as_float) else str(value)[:100]
