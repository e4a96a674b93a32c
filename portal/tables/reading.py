"""Tables in: CSV, XLSX, ODS and XLS files as people make them."""

import codecs
import csv
import gzip
import io
import re
import shutil
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import IO, Any, BinaryIO

import python_calamine
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from portal.imports import GZIP_MAGIC, FichierRefuse

SEPARATORS = (";", ",", "\t", "|")
BLOCK = 64 * 1024  # bytes read at once
LONGEST_LINE = 4 * 1024 * 1024  # bytes; a longer one is no table
LONGEST_HEADER = 50  # lines, when its names hold line ends
LARGEST_WORKBOOK = 500 * 1024 * 1024  # bytes once unpacked: a workbook is read in memory

SAVE_AGAIN = "enregistrez le tableau au format CSV (séparateur «\u00a0;\u00a0»), XLSX ou ODS, puis recommencez."
EMPTY = "Le fichier est vide\u00a0: choisissez un fichier avec une ligne d'en-têtes et des données."
DAMAGED_GZIP = "L'archive .gz est abîmée ou incomplète\u00a0: téléchargez de nouveau le fichier, puis recommencez."
NOT_TABLES = {  # how a file begins → what it is
    b"%PDF": "un document PDF",
    b"\x89PNG": "une image",
    b"\xff\xd8\xff": "une image",
    b"GIF8": "une image",
    b"{\\rtf": "un document texte",
    b"{": "un fichier JSON",
    b"[": "un fichier JSON",
    b"<": "un fichier HTML ou XML",
}
ZIP_MAGIC, OLD_EXCEL_MAGIC = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
WORKBOOK_PARTS = {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}

# A spreadsheet runs a cell that begins so; one apostrophe in front makes it text, and reading takes it off.
FORMULA = re.compile(r"[\s']*[=+\-@＝＋－＠\t\r]")
SEPARATOR_LINE = re.compile(r"sep=([;,\t|])\s*", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\ud800-\udfff]")


class TableError(FichierRefuse):
    """A table that cannot be read: `message` (French, says what to do), `line` from 1 in the file, `column` header."""

    def __init__(self, message: str, line: int | None = None, column: str | None = None):
        self.message, self.line, self.column = message, line, column
        where = [f"ligne {line}"] if line is not None else []
        where += [f"colonne «\u00a0{column}\u00a0»"] if column is not None else []
        place = ", ".join(where)
        super().__init__(f"{_capital(place)}\u00a0: {message[:1].lower()}{message[1:]}" if place else message)


@dataclass(frozen=True)
class Row:
    """One record: the line of the file where it starts, counted from 1, and its cells by header."""

    line: int
    values: dict[str, str]


Rows = Iterator[tuple[int, list[str]]]
Bytes = BinaryIO | gzip.GzipFile
OnBadRow = Callable[[TableError], None] | None


# Reading ------------------------------------------------------------------------------------------------------------
def read_table(
    path_or_file: str | Path | IO[bytes],
    *,
    name: str | None = None,
    required: Iterable[str] = (),
    encoding: str | None = None,
    on_bad_row: OnBadRow = None,
) -> Iterator[Row]:
    """The rows of a CSV, XLSX, ODS or XLS file, gzip accepted; TableError when there is no way to read it.

    A path, or a file open in binary mode whose `name` is given or known. `required` are headers that must be there.
    Without `encoding`, UTF-16 is known by its mark and a CSV line that is not UTF-8 is read as Windows-1252. CSV is
    read in constant memory; of a workbook, the first visible sheet that is not empty. Empty rows are skipped, short
    rows completed with "". A row longer than the header stops the reading, unless `on_bad_row` takes its error.
    Nothing is opened before the first row is asked for.
    """
    with ExitStack() as stack:
        name = name or str(getattr(path_or_file, "name", None) or path_or_file)
        try:
            file = _decompressed(_open(path_or_file, stack), name, stack)
            head = _head(file)
            _refuse_what_is_no_table(head)
            if head.startswith((ZIP_MAGIC, OLD_EXCEL_MAGIC)):
                rows = _workbook_rows(file)
            else:
                rows = _csv_rows(_lines(_blocks(file, encoding or _marked_encoding(head))), set(required))
            yield from _records(rows, required, on_bad_row)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise TableError(DAMAGED_GZIP) from error


def _open(path_or_file: str | Path | IO[bytes], stack: ExitStack) -> BinaryIO:
    """A binary file, at its start, that can be read twice; what is opened here is closed by `stack`."""
    if isinstance(path_or_file, (str, Path)):
        try:
            return stack.enter_context(open(path_or_file, "rb"))
        except OSError as error:
            raise TableError(
                f"Le fichier «\u00a0{path_or_file}\u00a0» ne peut pas être ouvert\u00a0: vérifiez son nom et ses "
                "droits."
            ) from error
    file: Any = path_or_file
    if isinstance(file.read(0), str):
        raise TypeError("read_table needs a binary file: open it with mode 'rb'")
    if not file.seekable():
        copy = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        shutil.copyfileobj(file, copy)
        file = copy
    file.seek(0)
    return file


def _decompressed(file: BinaryIO, name: str, stack: ExitStack) -> Bytes:
    head = _head(file)
    if head.startswith(GZIP_MAGIC):
        return stack.enter_context(gzip.GzipFile(fileobj=file))
    if head and name.lower().endswith(".gz"):
        raise TableError(
            "Ce n'est pas une archive .gz\u00a0: téléchargez-la de nouveau, ou retirez «\u00a0.gz\u00a0» du nom du "
            "fichier s'il n'est pas compressé."
        )
    return file


def _head(file: Bytes) -> bytes:
    head = file.read(BLOCK)
    file.seek(0)
    return head


def _refuse_what_is_no_table(head: bytes) -> None:
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not start:
        raise TableError(EMPTY)
    for magic, kind in NOT_TABLES.items():
        if start.startswith(magic):
            raise TableError(f"Ce fichier est {kind}, pas un tableau\u00a0: {SAVE_AGAIN}")


def _records(rows: Rows, required: Iterable[str], on_bad_row: OnBadRow) -> Iterator[Row]:
    """Rows of cells as records; the first row that is not empty gives the headers."""
    filled = ((line, cells) for line, cells in rows if any(cells))
    _, first = next(filled, (0, []))
    if not first:
        raise TableError(EMPTY)
    header = _header(first)
    _check_columns(header, required)
    for line, cells in filled:
        if any(cells[len(header) :]):
            error = TableError(
                f"{len(cells)} cellules pour {len(header)} colonnes\u00a0: retirez les cellules en trop, ou mettez "
                "entre guillemets celle qui contient le séparateur.",
                line=line,
            )
            if on_bad_row is None:
                raise error
            on_bad_row(error)
            continue
        cells += [""] * (len(header) - len(cells))
        yield Row(line, {column: cell for column, cell in zip(header, cells, strict=False) if column})


def _header(cells: list[str]) -> list[str]:
    """Column names, each on one line; a name seen before gets its rank, « Montant (2) »; no name stays ""."""
    seen: Counter[str] = Counter()
    header = []
    for cell in cells:
        name = " ".join(cell.replace("\ufeff", "").split())
        seen[name] += 1
        header.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    while header and not header[-1]:
        header.pop()
    return header


def _check_columns(header: list[str], required: Iterable[str]) -> None:
    missing = [column for column in required if column not in header]
    if missing:
        raise TableError(
            f"{'Colonne manquante' if len(missing) == 1 else 'Colonnes manquantes'}\u00a0: {_listed(missing)}. "
            "Complétez la première ligne du tableau avec ces noms exacts. "
            f"Colonnes lues\u00a0: {_listed([column for column in header if column][:30])}."
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"«\u00a0{name}\u00a0»" for name in names)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# CSV ----------------------------------------------------------------------------------------------------------------
def _marked_encoding(head: bytes) -> str | None:
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else None


def _blocks(file: Bytes, encoding: str | None) -> Iterator[bytes]:
    """The bytes of a file, rewritten in UTF-8 when their encoding is known."""
    blocks = iter(lambda: file.read(BLOCK), b"")
    if encoding is None:
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in blocks:
            yield decoder.decode(block).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise TableError(f"Le texte n'est pas en {encoding}, ou le fichier est tronqué\u00a0: {SAVE_AGAIN}") from error


def _lines(blocks: Iterator[bytes]) -> Iterator[str]:
    """Lines of text with their end, whichever it is; a NUL byte or a line without end is refused."""
    for number, line in enumerate(_byte_lines(blocks), start=1):
        if b"\0" in line:
            message = f"Caractère nul (NUL)\u00a0: le fichier est abîmé, ou n'est pas un tableau\u00a0; {SAVE_AGAIN}"
            raise TableError(message, line=number)
        yield _decoded(line.removeprefix(codecs.BOM_UTF8) if number == 1 else line)


def _byte_lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in filter(None, blocks):
        lines = (rest + block).splitlines(keepends=True)
        rest = b"" if lines[-1].endswith(b"\n") else lines.pop()  # a final \r waits for its \n
        if len(rest) > LONGEST_LINE:
            raise TableError(f"Ce fichier n'a pas de lignes, ce n'est pas un tableau\u00a0: {SAVE_AGAIN}")
        yield from lines
    if rest:
        yield from rest.splitlines(keepends=True)


def _decoded(line: bytes) -> str:
    # Line by line: one name pasted from elsewhere must not spoil the accents of the whole file.
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _csv_rows(lines: Iterator[str], required: set[str]) -> Rows:
    """Rows of cells with the line where each starts; a file cut in the middle of a row is refused."""
    opening, separator = _opening(lines, required)
    raw: list[str] = []  # the lines of the row being read
    reader = csv.reader(_recorded(chain(opening, lines), raw), delimiter=separator)
    widths: Counter[int] = Counter()
    while True:
        raw.clear()
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TableError(
                "Cellule de plus de 130\u00a0000 caractères\u00a0: un guillemet ouvert sur cette ligne n'est sans "
                "doute jamais refermé\u00a0; corrigez-le, puis recommencez.",
                line=start,
            ) from error
        _refuse_cut_row(raw, cells, widths, separator, start)
        if any(cells):
            widths[len(cells)] += 1
        yield start, [_cell(cell) for cell in cells]


def _recorded(lines: Iterable[str], record: list[str]) -> Iterator[str]:
    for line in lines:
        record.append(line)
        yield line


def _opening(lines: Iterator[str], required: set[str]) -> tuple[list[str], str]:
    """The lines up to the end of the header, and the separator, read on the header alone.

    It is the one that gives most required columns, then most columns; Excel's « sep=; » line, blanked, decides.
    """
    opening, header, separator = [], "", ""
    for line in lines:
        if not header and (announced := SEPARATOR_LINE.fullmatch(line)):
            separator, line = announced[1], "\n"
        opening.append(line)
        header = (header + line) if header or line.strip() else ""
        if header and (header.count('"') % 2 == 0 or len(opening) > LONGEST_HEADER):
            break
    if CONTROL.search(header) or len(header) > csv.field_size_limit():
        raise TableError(f"Ce fichier n'est pas un tableau\u00a0: {SAVE_AGAIN}")
    return opening, separator or max(SEPARATORS, key=lambda candidate: _fitness(header, candidate, required))


def _fitness(header: str, separator: str, required: set[str]) -> tuple[int, int]:
    cells = next(csv.reader(io.StringIO(header, newline=""), delimiter=separator), [])
    return len(required.intersection(_header(cells))), len(cells)


def _refuse_cut_row(raw: list[str], cells: list[str], widths: Counter[int], separator: str, start: int) -> None:
    is_last = not raw[-1].endswith(("\n", "\r"))
    if (is_last or sum(line.count('"') for line in raw) % 2) and _is_left_open(raw, separator):
        raise TableError(
            "Un guillemet ouvert n'est jamais refermé\u00a0: le fichier est tronqué, ou ce guillemet est de "
            "trop\u00a0; téléchargez de nouveau le fichier ou corrigez cette ligne.",
            line=start,
        )
    # After at least one full row, all rows being full: a short last line without end is a transfer that stopped.
    if is_last and any(cells) and widths.total() > 1 and len(widths) == 1 and len(cells) < min(widths):
        raise TableError(
            f"Cette dernière ligne n'a que {len(cells)} des {min(widths)} cellules attendues\u00a0: le fichier semble "
            "tronqué\u00a0; téléchargez-le de nouveau, ou complétez la ligne.",
            line=start,
        )


def _is_left_open(raw: list[str], separator: str) -> bool:
    """Whether the file ends inside a quoted cell of this row (other odd quotes are left to the reader)."""
    try:
        list(csv.reader(raw, delimiter=separator, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False


def _cell(text: str) -> str:
    """`text` without the spaces around it, nor the apostrophe that disarmed it."""
    text = text.lstrip()
    return (text[1:] if text.startswith("'") and FORMULA.match(text) else text).strip()


# Workbooks ----------------------------------------------------------------------------------------------------------
def _workbook_rows(file: Bytes) -> Rows:
    """Rows of cells of the first visible sheet that is not empty, with their number in the sheet."""
    _check_archive(file)
    try:
        sheet, first_row = _first_sheet(python_calamine.load_workbook(file))
        rows = sheet.to_python(skip_empty_area=True)
    except python_calamine.PasswordError as error:
        raise TableError("Ce classeur est protégé par un mot de passe\u00a0: retirez-le, puis recommencez.") from error
    except python_calamine.CalamineError as error:
        raise TableError(f"Ce classeur est abîmé ou illisible\u00a0: {SAVE_AGAIN}") from error
    for number, cells in enumerate(rows, start=first_row):
        yield number, [_cell(CONTROL.sub("", _as_text(cell))) for cell in cells]


def _first_sheet(workbook: CalamineWorkbook) -> tuple[CalamineSheet, int]:
    """The first visible sheet that holds something, and its first row, from 1; TableError when there is none."""
    for metadata in workbook.sheets_metadata:
        if metadata.typ == SheetTypeEnum.WorkSheet and metadata.visible == SheetVisibleEnum.Visible:
            sheet = workbook.get_sheet_by_name(metadata.name)
            if sheet.start is not None:
                return sheet, sheet.start[0] + 1
    raise TableError(EMPTY)


def _check_archive(file: Bytes) -> None:
    """Refuse a ZIP file that is no workbook, or one that would fill the memory."""
    if not _head(file).startswith(ZIP_MAGIC):
        return
    try:
        with zipfile.ZipFile(file) as archive:
            parts = {part.filename: part.file_size for part in archive.infolist()}
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise TableError(f"Ce classeur est abîmé ou incomplet\u00a0: {SAVE_AGAIN}") from error
    if not WORKBOOK_PARTS & parts.keys():
        raise TableError("Ce fichier est une archive ZIP\u00a0: extrayez-en le tableau, puis choisissez-le.")
    if sum(parts.values()) > LARGEST_WORKBOOK:
        raise TableError("Ce classeur est trop volumineux\u00a0: enregistrez-le au format CSV, puis recommencez.")
    file.seek(0)


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02}"
    return "" if value is None else str(value)
