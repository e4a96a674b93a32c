"""Small counts of people that nobody may find back: what a table, or a tree of tables, shows of its cells.

Pure functions. Source: règle des petits effectifs (reference guides, G): 1 to 4 people are never told to others than
their facilitator; a reader knows every sum of what is shown, and may subtract.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TypeVar

SMALLEST = 5  # people: 1 to 4 are hidden, 0 is told
K = TypeVar("K", bound=Hashable)
Somme = tuple[K, Sequence[K]]  # a cell, and cells that make it up
Noeud = tuple[Sequence[K], Sequence[K]]  # cells that count the same people: those that come in, those that go out
TOTAL = object()


def personnes_publiables(annee: int, mois: int, on: date) -> bool:
    """Whether the people of a year may be published on the day `on`: once, when late declarations have come in.

    Figures told again each day would tell, by subtraction, who came the day before. `mois`: from its first day, the
    year after (parameter `statistiques_mois`).
    """
    return on >= date(annee + 1, mois, 1)


def masque(effectifs: Mapping[K, int], total: int) -> tuple[dict[K, int | None], int | None]:
    """The cells of a one-way table and its total as others may read them: None is hidden, 0 is told."""
    shown, told = masque_ensemble({0: effectifs}, total)
    return shown[0], told


def masque_ensemble(
    tables: Mapping[Hashable, Mapping[K, int]], total: int
) -> tuple[dict[Hashable, dict[K, int | None]], int | None]:
    """`masque` for several one-way tables of the same people: what one hides, the sum of another must not tell."""
    cells: dict[Hashable, int] = {TOTAL: total}
    for name, table in tables.items():
        cells |= {(name, key): count for key, count in table.items()}
    shown = masque_sommes(cells, [(TOTAL, [(name, key) for key in table]) for name, table in tables.items()])
    return {name: {key: shown[name, key] for key in table} for name, table in tables.items()}, shown[TOTAL]


def masque_sommes(effectifs: Mapping[K, int], sommes: Iterable[Somme]) -> dict[K, int | None]:
    """Cells tied by sums (France = its regions; a region = its départements; France = the sectors): what is shown.

    Cells of 1 to 4 are hidden; then, of the sums that would betray one of them, the smallest cell and at last the
    sum itself, until each cell of 1 to 4 may be any number from 1 to 5 at least. A cell is part of one sum at most,
    so that bounds tell all there is to know (else see `masque_croise`). People counted in two cells make a sum smaller
    than its cells: they are protected as if they did not, and a sum that cannot be true hides one more cell.
    """
    ties = [(whole, list(parts)) for whole, parts in sommes if parts]
    small = {key for key, count in effectifs.items() if 0 < count < SMALLEST}
    hidden = set(small)
    wholes = {whole for whole, _ in ties}
    while True:
        ranges, broken = bornes(effectifs, hidden, ties)
        betrayed = {key for key in small if not _sure(ranges[key], key in wholes)}
        betrayed |= {key for whole, parts in broken for key in (whole, *parts) if key in small}
        more = next(
            (cell for key in effectifs if key in betrayed for cell in _next(key, effectifs, hidden, ties)), None
        )
        if more is None:
            return {key: None if key in hidden else count for key, count in effectifs.items()}
        hidden.add(more)


def masque_croise(effectifs: Mapping[K, int], sommes: Iterable[Somme], noeuds: Iterable[Noeud]) -> dict[K, int | None]:
    """`masque_sommes` for tables that cross, where a cell is part of two sums and a reader combines all of them.

    `noeuds`: every sum as a circulation, where each cell comes in at one node and goes out of another; `sommes`: those
    of the one-way tables, hidden first. Every table that agrees with what is shown is the true one with people moved
    along loops of hidden cells; so what a cell may be is found exactly, even for a reader who knows how many people
    each sum counts twice. Where five values from 1 on are wanting, the loop that costs fewest people is hidden; a sum
    is never less than its cells. To hide more never tells more: each small cell is seen once.
    """
    hidden = {key for key, value in masque_sommes(effectifs, sommes).items() if value is None}
    boucles = _Boucles(effectifs, noeuds, hidden)
    small = [key for key, value in effectifs.items() if 0 < value < SMALLEST]
    for key in sorted(small, key=lambda cell: effectifs[cell]):
        value = effectifs[key]
        least = value - (0 if key in boucles.sommes else boucles.bouge(key, -1, value - 1))
        boucles.bouge(key, 1, max(SMALLEST, least + SMALLEST - 1) - value)
    return {key: None if key in hidden else value for key, value in effectifs.items()}


class _Boucles:
    """Loops of cells along which people may be moved; `hidden` grows with the cells they need."""

    def __init__(self, effectifs: Mapping[K, int], noeuds: Iterable[Noeud], hidden: set):
        self.effectifs, self.hidden = effectifs, hidden
        self.arrives, self.part = {}, {}  # {cell: node it comes in at}, {cell: node it goes out of}
        self.noeuds = [tuple([key for key in keys if effectifs[key]] for keys in noeud) for noeud in noeuds]
        for number, (ins, outs) in enumerate(self.noeuds):
            self.arrives |= dict.fromkeys(ins, number)
            self.part |= dict.fromkeys(outs, number)
        sides = [side for ins, outs in self.noeuds for side in ((ins, outs), (outs, ins))]
        self.sommes = {whole[0] for whole, parts in sides if len(whole) == 1 < len(parts)}

    def bouge(self, key, sens: int, wanted: int) -> int:
        """By how much `key` may move up (1) or down (-1) while every sum holds, `wanted` at most; hides on its way."""
        moved: dict = {}
        start, end = (self.arrives[key], self.part[key])[::sens]
        done = 0
        while done < wanted:
            path = self._path(key, start, end, moved)
            if path is None:
                break
            room = min([wanted - done, *(self._room(cell, moved) for cell, way in path if way < 0)])
            for cell, way in path:
                moved[cell] = moved.get(cell, 0) + way * room
                self.hidden.add(cell)
            done += room
        return done

    def _room(self, cell, moved) -> int:
        return self.effectifs[cell] + moved.get(cell, 0) - 1

    def _path(self, key, start, end, moved) -> list | None:
        """The way from a node to another that hides fewest people, then is shortest: [(cell, 1 up or -1 down)]."""
        tie = count()
        best, heap = {}, [(0, 0, next(tie), start, None, None)]
        while heap:
            people, steps, _, node, before, step = heappop(heap)
            if node in best:
                continue
            best[node] = (before, step)
            if node == end:
                break
            for way, cells, ends in zip((1, -1), self.noeuds[node][::-1], (self.arrives, self.part), strict=True):
                for cell in cells:
                    if cell == key or ends[cell] in best or (way < 0 and not self._room(cell, moved)):
                        continue
                    cost = 0 if cell in self.hidden else self.effectifs[cell]
                    heappush(heap, (people + cost, steps + 1, next(tie), ends[cell], node, (cell, way)))
        if end not in best:
            return None
        path, node = [], end
        while best[node][1] is not None:
            path.append(best[node][1])
            node = best[node][0]
        return path


def bornes(effectifs: Mapping[K, int], hidden: set[K], ties: Sequence[Somme]) -> tuple[dict, list[Somme]]:
    """(least, most) of each cell for a reader who adds and subtracts what is shown; and the sums that cannot be true.

    A hidden cell is 1 or more, since 0 is shown. Exact when no cell is part of two sums.
    """
    told = [(whole, parts) for whole, parts in ties if whole in hidden or hidden.intersection(parts)]
    broken: list[Somme] = []
    while True:
        ranges = {key: (1, inf) if key in hidden else (count, count) for key, count in effectifs.items()}
        wrong = _settled(ranges, [tie for tie in told if tie not in broken])
        if wrong is None:
            return ranges, broken
        broken.append(wrong)


def _settled(ranges: dict, ties: Sequence[Somme]) -> Somme | None:
    """Tighten the ranges until nothing moves; the first sum that cannot be true, else None."""
    moved = True
    while moved:
        moved = False
        for whole, parts in ties:
            low, high = sum(ranges[part][0] for part in parts), sum(ranges[part][1] for part in parts)
            found = {whole: (max(ranges[whole][0], low), min(ranges[whole][1], high))}
            top, bottom = found[whole][1], found[whole][0]
            for part in parts:
                least, most = ranges[part]
                rest = sum(ranges[key][1] for key in parts if key != part)
                found[part] = (max(least, bottom - rest), min(most, top - (low - least)))
            for key, (least, most) in found.items():
                if least > most:
                    return whole, parts
                if (least, most) != ranges[key]:
                    ranges[key], moved = (least, most), True
    return None


def _sure(bounds: tuple[float, float], whole: bool) -> bool:
    """Whether a small cell may be 1, 2, 3, 4 or 5 at least; a sum is never less than its hidden cells, of 1 each."""
    least, most = bounds
    return most - least >= SMALLEST - 1 and most >= SMALLEST and (least <= 1 or whole)


def _next(key: K, effectifs: Mapping[K, int], hidden: set[K], ties: Sequence[Somme]) -> Iterator[K]:
    """The next cells to hide for `key`: the smallest of the sums that hidden cells tie to it, at last these sums."""
    reached, cells = set(), {key}
    while cells:
        near = {n for n, (whole, parts) in enumerate(ties) if whole in cells or cells.intersection(parts)} - reached
        reached |= near
        cells = {cell for n in near for cell in (ties[n][0], *ties[n][1]) if cell in hidden}
    parts = [part for n in sorted(reached) for part in ties[n][1]]
    wholes = [ties[n][0] for n in sorted(reached)]
    for several in (parts, wholes):
        yield from sorted((c for c in several if c not in hidden and effectifs[c]), key=lambda cell: effectifs[cell])
