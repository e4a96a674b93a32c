"""The map of départements: one link per place, shaded by fifths of the counts, drawn from a shared static file.

    context["carte"] = carte({"14": 12, "2A": 3}, url_for=lambda code: f"?departement={code}")
    {% include "includes/_map.html" with carte=carte titre="…" unite="structure,structures" only %}

The outlines weigh 84 kB: they stand in `static/img/departements.svg`, which browsers keep, and pages only point to
them with `<use>`. `sprite()` makes that file; a test says when it has to be made again.
"""

import csv
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
SCALE = 10  # outlines have one decimal: ten times larger they are whole numbers, half as long to write
SHADES = 5
POINT = re.compile(r"([MLZ])|(-?[\d.]+),(-?[\d.]+)")


@dataclass(frozen=True, slots=True)
class Lieu:
    """A département on the map: `classe` is q0 (none) to q5 (among the fifth with most)."""

    code: str
    nom: str
    nombre: int
    url: str
    classe: str


@dataclass(frozen=True, slots=True)
class Carte:
    """`lieux` in order of code; `legende` holds (class, smallest count, largest count), lightest first; `ailleurs`:
    the collectivities overseas with something, which have no outline and stand in the table alone."""

    lieux: list[Lieu]
    legende: list[tuple[str, int, int]]
    view_box: str
    ailleurs: list[Lieu]


def carte(counts: Mapping[str, int], url_for: Callable[[str], str]) -> Carte:
    """The map of `counts` by département code; a code absent from it counts 0, an unknown code is left out."""
    ranked = sorted(counts[code] for code in names() if counts.get(code, 0) > 0)
    lieux = [
        Lieu(code, nom, max(counts.get(code, 0), 0), url_for(code), _shade(counts.get(code, 0), ranked))
        for code, nom in names().items()
    ]
    by_shade: dict[str, list[int]] = {}
    for lieu in lieux:
        by_shade.setdefault(lieu.classe, []).append(lieu.nombre)
    legende = [(shade, min(values), max(values)) for shade, values in sorted(by_shade.items())]
    ailleurs = [Lieu(code, nom, counts[code], url_for(code), "") for code, nom in _others().items() if counts.get(code)]
    return Carte(lieux, legende, _view_box(), ailleurs)


def sprite() -> str:
    """Content of `static/img/departements.svg`: every outline under the id `d-<code>`, relative and whole numbers."""
    outlines = _outlines()["departements"]
    paths = "\n".join(f'<path id="d-{code}" d="{_relative(outlines[code])}"/>' for code in sorted(outlines))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{_view_box()}">\n{paths}\n</svg>\n'


def _shade(count: int, ranked: list[int]) -> str:
    """Equal counts share a shade; `ranked` holds the counts above 0, sorted."""
    return f"q{1 + bisect_left(ranked, count) * SHADES // len(ranked)}" if count > 0 else "q0"


@cache
def names() -> dict[str, str]:
    """Code → name of the 101 départements; the collectivities overseas have no outline."""
    drawn = _outlines()["departements"]
    return {code: nom for code, nom in _table().items() if code in drawn}


@cache
def _others() -> dict[str, str]:
    return {code: nom for code, nom in _table().items() if code not in names()}


def _table() -> dict[str, str]:
    with (DATA / "departements.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["nom"] for row in csv.DictReader(file)}


def _outlines() -> dict:
    return json.loads((DATA / "carte_departements.json").read_text(encoding="utf-8"))


@cache
def _view_box() -> str:
    return " ".join(str(round(float(side) * SCALE)) for side in _outlines()["viewBox"].split())


def _relative(path: str) -> str:
    """An absolute path of M, L and Z only, as relative moves in tenths of its unit."""
    x = y = 0
    start, pieces, command = (0, 0), [], ""
    for letter, given_x, given_y in POINT.findall(path):
        if letter == "Z":
            pieces.append("z")
            x, y = start
        elif letter:
            command = letter
        else:
            new_x, new_y = round(float(given_x) * SCALE), round(float(given_y) * SCALE)
            if command == "M":
                pieces.append(f"m{new_x - x} {new_y - y}l")
                start, command = (new_x, new_y), "L"
            elif (new_x, new_y) != (x, y):
                separator = "" if pieces[-1].endswith("l") or new_x < x else " "
                pieces.append(f"{separator}{new_x - x}{'' if new_y < y else ' '}{new_y - y}")
            x, y = new_x, new_y
    return "".join(pieces)
