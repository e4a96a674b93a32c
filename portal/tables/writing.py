"""Tables out: CSV and XLSX, streamed or in constant memory."""

import codecs
import csv
import io
import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any, BinaryIO

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from portal.tables.reading import CONTROL, FORMULA, TableError

ROWS_PER_PIECE = 200  # rows sent to the browser at once
MOST_XLSX_ROWS, LONGEST_XLSX_CELL = 1_048_576, 32_767  # limits of the format
FIRST_XLSX_YEAR = 1900
LARGEST_XLSX_INTEGER = 10**15  # beyond, a spreadsheet rounds
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NEGATIVE_NUMBER = re.compile(r"-\d+([.,]\d+)?")


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """A CSV download as French spreadsheets expect it: « ; », byte order mark, decimal comma; sent piece by piece."""
    response = StreamingHttpResponse(csv_pieces(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, filename)
    return response


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The bytes of `csv_response`; no cell can be run as a formula, and numbers stay numbers."""
    lines = ([printed(cell) for cell in row] for row in chain([header], rows))
    mark = codecs.BOM_UTF8
    while piece := list(islice(lines, ROWS_PER_PIECE)):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(piece)
        yield mark + text.getvalue().encode()
        mark = b""


def printed(value: Any) -> str:
    """One CSV cell: None → "", Decimal("1250.50") → "1250,50", True → "oui", dates in ISO form, formulas disarmed."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",") if value.is_finite() else ""
    if isinstance(value, (int, float)):
        return str(value).replace(".", ",")
    if isinstance(value, datetime):
        return _local(value).isoformat(" ", timespec="minutes")
    text = CONTROL.sub("", str(value))
    return f"'{text}" if FORMULA.match(text) and not NEGATIVE_NUMBER.fullmatch(text) else text


def xlsx_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> FileResponse:
    """The download of `write_xlsx`."""
    return FileResponse(write_xlsx(header, rows), as_attachment=True, filename=filename, content_type=XLSX_TYPE)


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "Données") -> BinaryIO:
    """A workbook of one sheet in a temporary file, at its start; the caller closes it.

    Written in constant memory. Text is never taken for a formula; numbers, dates and booleans keep their type, but an
    integer beyond 15 digits becomes text. TableError beyond 1 048 575 rows.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        sheet = workbook.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", title)[:31])
        bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        day, moment = (workbook.add_format({"num_format": form}) for form in ("dd/mm/yyyy", "dd/mm/yyyy hh:mm"))
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(header) - 1, 0), 20)
        for column, name in enumerate(header):
            sheet.write_string(0, column, name, bold)
        for line, row in enumerate(rows, start=1):
            if line >= MOST_XLSX_ROWS:
                raise TableError(
                    "Plus de 1\u00a0048\u00a0575 lignes\u00a0: restreignez la sélection, ou choisissez le format CSV."
                )
            for column, value in enumerate(row):
                _write_cell(sheet, line, column, value, day, moment)
    file.seek(0)
    return file


def _write_cell(sheet, line: int, column: int, value: Any, day, moment) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, column, value)
    elif isinstance(value, (int, float, Decimal)) and _fits_a_number(value):
        sheet.write_number(line, column, value)
    elif isinstance(value, datetime) and value.year >= FIRST_XLSX_YEAR:
        sheet.write_datetime(line, column, _local(value), moment)
    elif isinstance(value, date) and value.year >= FIRST_XLSX_YEAR:
        sheet.write_datetime(line, column, value, day)
    else:
        sheet.write_string(line, column, CONTROL.sub("", str(value))[:LONGEST_XLSX_CELL])


def _fits_a_number(value: int | float | Decimal) -> bool:
    return math.isfinite(value) and -LARGEST_XLSX_INTEGER < value < LARGEST_XLSX_INTEGER


def _local(moment: datetime) -> datetime:
    """The moment as clocks here show it: no spreadsheet knows time zones."""
    return timezone.make_naive(moment) if timezone.is_aware(moment) else moment
