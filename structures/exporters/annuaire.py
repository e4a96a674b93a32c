"""The directory as a table. Which columns come out is decided by the role of who asks, never by the address."""

import codecs
import logging
from collections.abc import Callable, Iterator
from datetime import date

from django.db.models import QuerySet

from portal.permissions import Acteur
from structures.exporters.cellules import CONTACT, OPEN, Cells
from structures.exporters.lecture import COLUMNS, Names, flat, pieces
from structures.exporters.lignes import Lines, written
from structures.models import Structure

logger = logging.getLogger(__name__)

LARGEST_SHEET = 20_000  # rows of a workbook, written while the browser waits
CUT_SHORT = "EXPORT INTERROMPU\u00a0: ce fichier est incomplet, relancez l'export."


def sees_contact(acteur: Acteur) -> bool:
    """Public addresses and telephones leave in bulk only with people who act under a role of the portal."""
    return acteur.role is not None


def header(contact: bool) -> tuple[str, ...]:
    return OPEN + CONTACT if contact else OPEN


def csv_lines(
    queryset: QuerySet[Structure],
    *,
    contact: bool,
    base: str,
    on: date,
    when_stale: Callable[[], None] | None = None,
) -> Iterator[bytes]:
    """The CSV of these structures, piece by piece: « ; », byte order mark, decimal comma, no cell run as a formula.

    `base` is the address before « 12-nom-de-la-structure/ ». Lines come ready made; those that are not up to date are
    computed, and `when_stale` is then called at the end. Should the reading fail midway, the last line says that the
    file is incomplete, and the connection is broken.
    """
    lines = Lines(contact, base, on)
    yield codecs.BOM_UTF8 + f"{written(header(contact))}\r\n".encode()
    try:
        yield from lines.pieces(queryset)
    except Exception:
        logger.exception("Export de l'annuaire interrompu")
        yield f"{written([CUT_SHORT])}\r\n".encode()
        raise
    if lines.computed and when_stale:
        when_stale()


def sheet_rows(queryset: QuerySet[Structure], *, contact: bool, base: str, on: date) -> Iterator[list]:
    """The rows of a workbook: numbers and dates keep their type."""
    cells, names = Cells(contact, base, on, for_csv=False), Names.read()
    return flat(cells.rows(piece, names) for piece in pieces(queryset, COLUMNS, names))
