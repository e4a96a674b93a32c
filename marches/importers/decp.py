"""Essential data of public contracts (DECP), format of 2022, in JSON.

A file is read whole to be sure of it, then written inside one transaction. Memory does not grow with it.
"""

import gzip
import math
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import ijson
from django.db import transaction
from django.utils import timezone

from marches.rules import decp
from marches.upsert import Lecture, LotUpsert, Noms
from portal.imports import FichierRefuse, ImportReport, open_maybe_gzip
from portal.models import Importation

BATCH = 500
UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL and lone surrogates: PostgreSQL takes neither
BOM = b"\xef\xbb\xbf"
BLOCKS = ("marches.marche.item", "marches.contrat-concession.item")
EXPECTED = 'Un fichier DECP au format 2022 est un JSON qui commence par {"marches": {"marche": […]}}.'
MOST_DIGITS = 30  # a longer number is kept as text
MOST_FILE_DIGITS = 1_000
ENDLESS_NUMBER = re.compile(rb"\d{%d}" % (MOST_FILE_DIGITS + 1))
LONGEST_TEXT = 1_000_000  # bytes of one text
DEEPEST = 100  # levels; a record has about ten

NOT_JSON = {
    b"%PDF": "un document PDF",
    b"PK\x03\x04": "une archive ZIP ou un classeur",
    b"\xd0\xcf\x11\xe0": "un classeur Excel",
    b"<": "un fichier XML ou HTML",
}


def import_file(path: str | Path, *, noms: Noms | None = None, by=None) -> ImportReport:
    """Import one file; FichierRefuse, with nothing written, when it is not a whole DECP 2022 file."""
    path = Path(path)
    report = ImportReport(path.name)
    check_file(path)
    with transaction.atomic():
        importation = Importation.objects.create(format=decp.FORMAT, fichier=path.name[:200], par=by)
        upsert = LotUpsert(decp.FORMAT, importation, report, noms)
        with opened(path) as file:
            lectures = _lectures(file, report)
            while batch := list(islice(lectures, BATCH)):
                upsert.store(batch)
        report.check()
        importation.rapport, importation.terminee_le = report.as_dict(), timezone.now()
        importation.save(update_fields=["rapport", "terminee_le"])
    return report


def check_file(path: Path) -> int:
    """Read the whole file without writing; the number of records, or FichierRefuse that says what is wrong."""
    with opened(path) as file:
        _recognise(file)
        return sum(1 for _ in _records(file))


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The bytes of the file after its byte order mark, every way of being unreadable turned into FichierRefuse."""
    try:
        with open_maybe_gzip(path) as file:
            yield file
    except (ijson.IncompleteJSONError, EOFError) as error:
        if isinstance(error, ijson.IncompleteJSONError) and not _is_cut(error):
            raise FichierRefuse(_invalid(error)) from error
        raise FichierRefuse(
            "Le fichier est incomplet : il s'arrête avant la fin. Téléchargez-le de nouveau, puis recommencez."
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FichierRefuse("L'archive .gz est abîmée : téléchargez-la de nouveau, puis recommencez.") from error
    except (ijson.JSONError, ValueError) as error:
        raise FichierRefuse(_invalid(error)) from error
    except OSError as error:
        raise FichierRefuse(f"Le fichier ne peut pas être lu : {error.strerror or error}.") from error


def _is_cut(error: Exception) -> bool:
    """yajl reports every fault as « incomplete »; its words tell a missing end from a wrong character."""
    return any(word in str(error).lower() for word in ("premature eof", "incomplete"))


def _invalid(error: Exception) -> str:
    if "utf" in str(error).lower():
        return "Le fichier n'est pas encodé en UTF-8 : enregistrez-le en UTF-8, puis recommencez."
    return "Le fichier n'est pas un JSON valide : téléchargez-le de nouveau depuis sa source. " + EXPECTED


def _recognise(file: BinaryIO) -> None:
    """FichierRefuse when the content is of another format than DECP 2022."""
    head = file.read(4096)
    start = head.removeprefix(BOM).lstrip()
    if not start:
        raise FichierRefuse("Le fichier est vide : choisissez un fichier DECP au format 2022.")
    for magic, kind in NOT_JSON.items():
        if start.startswith(magic):
            raise FichierRefuse(f"Ce fichier est {kind}, pas du JSON. {EXPECTED}")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FichierRefuse("Le fichier est encodé en UTF-16 : enregistrez-le en UTF-8, puis recommencez.")
    if b"\0" in head:
        raise FichierRefuse(f"Le fichier contient des caractères nuls (NUL) : il est abîmé. {EXPECTED}")
    if not start.startswith((b"{", b"[")):
        raise FichierRefuse(f"Ce fichier n'est pas du JSON (un tableau CSV, peut-être). {EXPECTED}")
    _rewind(file)
    _refuse_depth(file)
    _rewind(file)
    for prefix, event, _ in ijson.parse(_Guarded(file)):
        if prefix == "" and event == "start_array":
            break
        if prefix == "marches":
            if event == "start_array":
                raise FichierRefuse(
                    "Ce fichier suit le format DECP de 2019 (« marches » y est une liste) : importez la version 2022."
                )
            if event == "start_map":
                return
            break
    raise FichierRefuse(f"Ce JSON n'a pas de bloc « marches » au format 2022. {EXPECTED}")


def _rewind(file: BinaryIO) -> None:
    file.seek(0)
    if file.read(len(BOM)) != BOM:
        file.seek(0)


def _records(file: BinaryIO) -> Iterator[Any]:
    """Every record of both blocks, in order; the whole file is read for each block."""
    for prefix in BLOCKS:
        _rewind(file)
        yield from ijson.items(_Guarded(file), prefix)


class _Guarded:
    """Hands bytes on, and refuses what no such file holds and what would fill the memory or break the parser."""

    def __init__(self, file: BinaryIO):
        self.file = file
        self.tail, self.unquoted = b"", 0

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        if b"\0" in block:
            raise FichierRefuse(f"Le fichier contient des caractères nuls (NUL) : il est abîmé. {EXPECTED}")
        if ENDLESS_NUMBER.search(self.tail + block):
            raise FichierRefuse(f"Le fichier contient un nombre de plus de 1 000 chiffres : il est abîmé. {EXPECTED}")
        self.tail = block[-MOST_FILE_DIGITS:]
        first = block.find(b'"')
        if self.unquoted + (len(block) if first < 0 else first) > LONGEST_TEXT:
            raise FichierRefuse(
                f"Le fichier contient un texte de plus d'un million de caractères : il est abîmé. {EXPECTED}"
            )
        self.unquoted = self.unquoted + len(block) if first < 0 else len(block) - 1 - block.rfind(b'"')
        return block


def _refuse_depth(file: BinaryIO) -> None:
    """FichierRefuse when objects are nested beyond reason; read by tokens, at constant memory."""
    depth = 0
    for event, _ in ijson.basic_parse(_Guarded(file)):
        if event in {"start_map", "start_array"}:
            depth += 1
            if depth > DEEPEST:
                raise FichierRefuse(f"Le fichier imbrique plus de {DEEPEST} niveaux : il est abîmé. {EXPECTED}")
        elif event in {"end_map", "end_array"}:
            depth -= 1


def _lectures(file: BinaryIO, report: ImportReport) -> Iterator[Lecture]:
    """The records that can be kept; the others are set aside with their rank and reason."""
    for rank, raw in enumerate(report.reading(_records(file)), start=1):
        donnees, damaged = storable(raw)
        lu = decp.read_record(donnees)
        if lu.refus:
            report.set_aside(rank, lu.refus, _name(donnees))
            continue
        if damaged:
            report.flag(rank, "caractères de contrôle retirés du texte")
        yield Lecture(rank, lu, donnees)


def _name(donnees: Any) -> str:
    return str(donnees.get("id") or "")[:60] if isinstance(donnees, dict) else ""


def storable(value: Any) -> tuple[Any, bool]:
    """`value` as both databases store JSON: no NUL, no lone surrogate, plain numbers; and whether text was damaged."""
    if isinstance(value, str):
        kept = UNSTORABLE.sub("", value)
        return kept, kept != value
    if isinstance(value, dict):
        pairs = [(storable(key), storable(item)) for key, item in value.items()]
        damaged = any(key[1] or item[1] for key, item in pairs)
        return {key[0]: item[0] for key, item in pairs}, damaged
    if isinstance(value, list):
        items = [storable(item) for item in value]
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
