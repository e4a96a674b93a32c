"""Essential data in JSON: {"marches": {"marche": […], "contrat-concession": […]}}, sent as it is read.

Records that the format cannot hold stand in a block « ecartes » beside « marches », which readers of the format pass
over; without any, the block is absent.
"""

import json
from collections.abc import Iterator
from datetime import date
from itertools import islice

from marches.exporters.essentielles import Ligne, lignes
from marches.exporters.lecture import Selection

AT_ONCE = 100  # records sent together
MOST_LEFT_OUT = 10_000  # told in the file; the control of the export tells them all


def json_pieces(selection: Selection, on: date) -> Iterator[bytes]:
    """The file, piece by piece; cut short, it is no valid JSON and cannot pass for whole."""
    left_out: list[dict] = []
    opening = b'{"marches": {"marche": [\n'
    for concession in (False, True):
        yield opening
        yield from _block(lignes(selection.lots, on, concession), left_out)
        opening = b'\n], "contrat-concession": [\n'
    yield b"\n]}"
    if left_out:
        yield b', "ecartes": ' + _written(left_out)
    yield b"}\n"


def _block(rows: Iterator[Ligne], left_out: list[dict]) -> Iterator[bytes]:
    mark = b""
    while piece := list(islice(rows, AT_ONCE)):
        left_out += [row.resume() for row in piece if row.ecarte][: MOST_LEFT_OUT - len(left_out)]
        kept = [_written(row.fiche.donnees) for row in piece if not row.ecarte]
        if kept:
            yield mark + b",\n".join(kept)
            mark = b",\n"


def _written(value) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=float).encode()
