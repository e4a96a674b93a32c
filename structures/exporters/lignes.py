"""The line of each structure in the CSV of the directory, kept ready made in `LigneExport`.

A line is written when its card is (`structures.search_index.reindex`). It is used as long as it is the one that would
be computed: its card has not been written since, and the names it quotes (sectors, networks, labels, territories) are
those of today, which one fingerprint says for all. Any other line is computed, as it would have been kept.

What depends on the day (reserved lots), on the host (address of the card) and on who asks (contact) is not in the text.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from itertools import islice

from django.db.models import Case, F, QuerySet, TextField, Value, When

from portal.models import Importation
from structures.enums import Kind
from structures.exporters import lecture
from structures.exporters.cellules import CONTACT, OPEN, Cells, in_reserved_lots
from structures.exporters.lecture import COLUMNS, MODES, Names
from structures.models import LigneExport, Structure

VERSION = 1  # to raise when cells are written otherwise
LOTS, FICHE = OPEN.index("Lots réservés"), OPEN.index("Fiche")
TEXTS = ("avant", "apres", "adresse", "contact")
BATCH = 500


class Lines:
    """Lines for one export; `computed` counts those that were not kept up to date."""

    def __init__(self, contact: bool, base: str, on: date):
        self.contact, self.base, self.computed = contact, base, 0
        self.lots = {kind.value: in_reserved_lots(kind.value, on) for kind in Kind}
        self.names = Names.read()

    def pieces(self, queryset: QuerySet[Structure]) -> Iterator[bytes]:
        """The lines of `queryset`, a few thousand at once, in the order of `lecture.pieces`; two queries when all of
        them are kept."""
        others = [f"ligne_export__{name}" for name in TEXTS[1:]]
        rows = queryset.annotate(avant=_kept(fingerprint(self.names))).values_list("pk", "kind", "avant", *others)
        if lecture.is_large(queryset):
            rows = rows.order_by("pk")
        stream = rows.iterator(chunk_size=lecture.PIECE)
        while piece := list(islice(stream, lecture.PIECE)):
            yield self._piece(piece)

    def _piece(self, rows: list[tuple]) -> bytes:
        if stale := [pk for pk, _, avant, *_ in rows if not avant]:
            self.computed += len(stale)
            made = compute(stale, self.names)
            # A structure deleted since the row was read leaves the file.
            rows = [
                row if row[2] is not None else (*row[:2], *made[row[0]]) for row in rows if row[2] or row[0] in made
            ]
        lots, base, contact = self.lots, self.base, self.contact
        lines = [
            f"{avant};{lots[kind]};{apres};{base}{adresse};{reach}" if contact
            else f"{avant};{lots[kind]};{apres};{base}{adresse}"
            for _, kind, avant, apres, adresse, reach in rows
        ]  # fmt: skip
        lines.append("")
        return "\r\n".join(lines).encode()


def fingerprint(names: Names) -> str:
    """What all lines depend on: the names they quote, and the way they are written. One query, for the territories:
    nothing but a load of their files changes them."""
    territories = Importation.objects.filter(format="territoires").order_by("-pk").values_list("pk").first()
    said = [VERSION, OPEN, CONTACT, Kind.choices, MODES, territories, names.rang, names.secteurs, names.departements]
    said += [{pk: nom for pk, (nom, _) in sorted(names.reseaux.items())}, sorted(names.labels.items())]
    return sha256(repr(said).encode()).hexdigest()[:40]


def compute(pks: Iterable[int], names: Names) -> dict[int, tuple[str, ...]]:
    """The texts of these structures, as `TEXTS`, by key; four queries, and a few for the words of zones."""
    cells = Cells(True, "", date.min, for_csv=True)
    piece = lecture.piece_of(sorted(pks), COLUMNS, names)
    return {
        key: (written(row[:LOTS]), written(row[LOTS + 1 : FICHE]), row[FICHE], written(row[FICHE + 1 :]))
        for (key, *_), row in zip(piece.rows, cells.rows(piece, names), strict=True)
    }


def keep(pks: Iterable[int]) -> int:
    """Write the lines of these structures; how many. A dozen queries for each 500."""
    names, wanted = Names.read(), sorted(set(pks))
    mark = fingerprint(names) if wanted else ""
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        # Read before the texts: a card written meanwhile is seen to be newer than its line.
        written_on = dict(Structure.objects.filter(pk__in=some).values_list("pk", "modifiee_le"))
        LigneExport.objects.bulk_create(
            (
                LigneExport(
                    structure_id=pk, fiche_du=written_on[pk], empreinte=mark, **dict(zip(TEXTS, texts, strict=True))
                )
                for pk, texts in compute(some, names).items()
                if pk in written_on
            ),
            update_conflicts=True,
            unique_fields=["structure"],
            update_fields=["fiche_du", "empreinte", *TEXTS],
        )
    return len(wanted)


def keep_stale() -> int:
    """Write again the lines that are not up to date; how many."""
    mark = fingerprint(Names.read())
    rows = Structure.objects.order_by("pk").annotate(avant=_kept(mark)).filter(avant=None)
    return keep(rows.values_list("pk", flat=True))


def written(cells: Sequence[str]) -> str:
    """Cells as `csv.writer` joins them; without anything to quote, for a sixth of its cost."""
    line = ";".join(cells)
    if line.count(";") != len(cells) - 1 or '"' in line or "\n" in line or "\r" in line:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(cells)
        line = text.getvalue().removesuffix("\r\n")
    return line


def _kept(mark: str) -> Case:
    """The first text of a line that is up to date, else NULL."""
    return Case(
        When(ligne_export__empreinte=mark, ligne_export__fiche_du=F("modifiee_le"), then=F("ligne_export__avant")),
        default=Value(None),
        output_field=TextField(),
    )
