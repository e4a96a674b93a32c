"""A file left on the site by a network or the administration: what it is, known by its content, and what it says."""

import zlib
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice

from portal import depots
from portal.imports import FichierRefuse, ImportReport, open_maybe_gzip
from portal.models import Depot
from portal.tables import Row, TableError
from structures.importers import asp, data_inclusion, ea, emplois, esat, geiq, tableau
from structures.importers.common import Context, Format, OnBadRow, understood
from structures.importers.tableau import Choix
from structures.upsert import Fiche

LARGEST = 60 * 1024 * 1024  # bytes of JSON once unpacked: a page has less memory to spend than a command
LOOKED_AT = 200  # lines
START = 1_024  # bytes
STEP = 500  # lines
NATIONALES = {module.FORMAT.name: module.FORMAT for module in (asp, emplois, esat, geiq)}  # known by their columns
SANS_DATE = NATIONALES.keys() - {emplois.FORMAT.name}  # their lines do not say of which day they are
OFFICIAL = {module.FORMAT.name: module.FORMAT for module in (data_inclusion, ea)} | NATIONALES
LIBELLES = {
    data_inclusion.FORMAT.name: "structures data·inclusion v1",
    ea.FORMAT.name: "liste d'entreprises adaptées",
    tableau.FORMAT: "tableau libre",
    **{name: format.libelle for name, format in NATIONALES.items()},
}


def recognise(depot: Depot) -> str:
    """The format of a file: data·inclusion JSON, one of the national lists, list of EA and EATT, or any other table;
    `FichierRefuse`, in French, when it is none of these."""
    if data_inclusion.looks_like(_start(depot)):
        next(_rows(depot, data_inclusion.FORMAT, None), None)
        return data_inclusion.FORMAT.name
    entetes = depots.entetes(depot)
    for format in NATIONALES.values():
        if {*format.required} <= {*entetes}:
            return format.name
    rows = list(islice(depots.table(depot, on_bad_row=lambda error: None), LOOKED_AT))
    is_ea = ea.is_list(entetes, lambda column: [row.values.get(column, "") for row in rows])
    return ea.FORMAT.name if is_ea else tableau.FORMAT


def fiches(
    depot: Depot, choix: Choix, report: ImportReport, on: date, follow: Callable[[int], None] | None = None
) -> Iterator[Fiche]:
    """What a file says, on the day `on`; `FichierRefuse` when it cannot be read to its end. `follow` is told how many
    lines have been read, every 500.

    A network speaks for itself alone: its records never stand for those of the official files (nor of another
    network), and its lines put structures in no other network.
    """
    format = OFFICIAL.get(choix.format) or tableau.format_of(choix)
    national = choix.format in NATIONALES
    context = Context(report, choix.publie_le if national else on)

    def rows(on_bad_row: OnBadRow) -> Iterator[Row]:
        for number, row in enumerate(_rows(depot, format, on_bad_row), start=1):
            yield row
            if follow and number % STEP == 0:
                follow(number)

    for fiche in understood(format, rows, context):
        if fiche.publie_le or not national:  # an official list of unknown age is not taken for one of today
            fiche.publie_le = min(fiche.publie_le or on, on)  # no file speaks of tomorrow
        if choix.reseau:
            fiche.reseaux = [choix.reseau]
        elif not choix.officiel:
            fiche.reseaux = []
        if not choix.officiel and choix.format in OFFICIAL:  # a free table does it by itself
            fiche.cle = f"{choix.organisation}|{fiche.cle}"[:200]
        yield fiche


def lines(depot: Depot, choix: Choix) -> int:
    """How many lines the file has."""
    format = OFFICIAL.get(choix.format) or tableau.format_of(choix)
    return sum(1 for _ in _rows(depot, format, lambda error: None))


def _rows(depot: Depot, format: Format, on_bad_row: OnBadRow | None) -> Iterator[Row]:
    if format.name != data_inclusion.FORMAT.name:
        return depots.table(depot, on_bad_row=on_bad_row)
    return _at_most(data_inclusion.records(depots.contenu(depot), LARGEST))


def _at_most(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        if row.line > depots.MOST_ROWS:
            raise TableError(
                "Plus de 100\u00a0000 structures\u00a0: découpez le fichier en plusieurs, puis recommencez."
            )
        yield row


def _start(depot: Depot) -> bytes:
    with open_maybe_gzip(depots.contenu(depot)) as file:
        try:
            return file.read(START)
        except (EOFError, OSError, zlib.error) as error:
            raise FichierRefuse(
                "L'archive .gz est abîmée\u00a0: téléchargez-la de nouveau, puis recommencez."
            ) from error
