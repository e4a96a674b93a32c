"""Flat tables of essential data: CSV, XLSX, ODS; known by their columns, in any order, under the names they are given.

One row for a contract and one of its holders. Two kinds: the tables where each state of a contract has rows of its own
(decp-table-schema, extracts of the tabular API), and the consolidated one, with columns for a modification.

An extract without `objet` still gives lots, known by the `id` of the contract and shown as « Objet non publié »; one
without holders gives lots without holder. The place of the buyer is not the place of performance: it is kept, unused.
"""

import csv
from collections.abc import Callable, Iterator
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from marches.importers.formats.base import Format
from marches.rules import decp
from marches.rules.decp.tableau import ACTE, COLONNES, ILLISIBLE, MODIFICATION, MODIFICATION_ACTE
from portal.tables import Row, TableError, read_table
from portal.text import fold

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# Folded name of a column, without spaces → ours. The names of the schemas are all known; these are seen elsewhere.
OTHER_NAMES = {
    "idmarche": "id", "identifiantmarche": "id", "numeromarche": "id",
    "objetmarche": "objet",
    "montantmarche": "montant",
    "cpv": "codeCPV",
    "datepublication": "datePublicationDonnees",
    "idacheteur": "acheteur_id", "siretacheteur": "acheteur_id", "acheteursiret": "acheteur_id",
    "nomacheteur": "acheteur_nom",
    "idtitulaire": "titulaire_id", "sirettitulaire": "titulaire_id", "titulairesiret": "titulaire_id",
    "typeidentifianttitulaire": "titulaire_typeIdentifiant",
    "nomtitulaire": "titulaire_denominationSociale", "titulairenom": "titulaire_denominationSociale",
    "denominationsocialetitulaire": "titulaire_denominationSociale",
}  # fmt: skip
KEPT_EMPTY = {"id", "objet", "nature", "titulaire_id", "titulaire_id_1"}  # an empty cell is not a missing column
OF_A_CONTRACT = {"montant", "codeCPV", "dateNotification", "titulaire_id", "titulaire_id_1"}
WITH_PARTS = (MODIFICATION.keys() - {"objetModification"}) | ACTE.keys() | MODIFICATION_ACTE.keys()


@lru_cache(maxsize=1_000)
def column(header: str) -> str:
    """Our name of a column; its own when it is not known, "" for the technical ones (« __id »)."""
    if header.startswith("__"):
        return ""
    return _names().get(_folded(header), header)


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return OTHER_NAMES | {_folded(name): name for name in COLONNES}


def _folded(header: str) -> str:
    return fold(header.replace("_", " ").replace(".", " ")).replace(" ", "")


def recognises_etats(tete: bytes, path: Path) -> bool:
    found = columns(tete, path)
    return _is_contract(found) and not WITH_PARTS & found


def recognises_consolide(tete: bytes, path: Path) -> bool:
    found = columns(tete, path)
    return _is_contract(found) and bool(WITH_PARTS & found)


def _is_contract(found: set[str]) -> bool:
    buyer = {"acheteur_id", "uid"} & found
    return bool(buyer and {"id", "uid", "objet"} & found and OF_A_CONTRACT & found)


def missing(tete: bytes, path: Path) -> str:
    """Of a table of another kind, what it would take to be one of contracts, in French; "" for what is no table."""
    found = columns(tete, path)
    if len(found) < 2:
        return ""
    return (
        "Ce tableau n'est pas un tableau de marchés dont les colonnes sont connues\u00a0: il faut au moins "
        "l'acheteur («\u00a0acheteur_id\u00a0»), l'identifiant ou l'objet («\u00a0id\u00a0», «\u00a0objet\u00a0») "
        "et le montant, la date de notification, le code CPV ou le titulaire («\u00a0montant\u00a0», "
        "«\u00a0dateNotification\u00a0», «\u00a0codeCPV\u00a0», «\u00a0titulaire_id\u00a0»)."
    )


def columns(tete: bytes, path: Path) -> set[str]:
    """Our names of the columns of a table; none when the file is no table."""
    try:
        if tete.startswith(WORKBOOKS):
            return _columns(read_table(path, name="tableau"))
        # The header again as a row: a table without rows has columns too, and the head may be cut.
        lines = tete.splitlines(keepends=True)
        line = next((line for line in lines if line.strip() and not line.lower().startswith(b"sep=")), b"")
        ending = b"" if line.endswith((b"\n", b"\r")) else b"\n"
        return _columns(read_table(BytesIO(tete if b"\0" in tete else line + ending + line), name="tableau"))
    except (TableError, csv.Error, OSError, UnicodeError):
        return set()


def _columns(rows: Iterator[Row]) -> set[str]:
    first = next(rows, None)
    return {column(header) for header in first.values} if first else set()


class Ligne(dict[str, Any]):
    """A row that knows the line of the file where it starts, which is no part of what it says."""

    ligne = 0


def records(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """The rows, in order, cells under our names; a row that cannot be cut into cells says why it is set aside."""
    bad: list[Ligne] = []

    def note(error: TableError) -> None:
        bad.append(Ligne({ILLISIBLE: error.message}))
        bad[-1].ligne = error.line or 0

    for row in read_table(file, name="tableau", on_bad_row=note):
        yield from bad
        bad.clear()
        cells = Ligne()
        cells.ligne = row.line
        for header, cell in row.values.items():
            name = column(header)
            if name and (cell or name in KEPT_EMPTY):
                cells.setdefault(name, cell)
        yield cells
    yield from bad


def _format(cle: str, nom: str, recognises: Callable[[bytes, Path], bool], read) -> Format:
    return Format(cle=cle, nom=nom, recognises=recognises, records=records, read=read)


ETATS = _format(decp.FORMAT_TABLEAU, "DECP (tableau CSV, XLSX, ODS)", recognises_etats, decp.read_row)
CONSOLIDE = _format(
    decp.FORMAT_CONSOLIDE, "DECP consolidées (tableau CSV, XLSX, ODS)", recognises_consolide, decp.read_row_consolide
)
