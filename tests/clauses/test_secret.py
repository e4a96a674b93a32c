"""Small counts that nobody may find back: an attacker adds and subtracts all that is published."""

from itertools import product
from random import Random

import pytest

from clauses import rules
from clauses.rules.secret import SMALLEST

CAP = 40  # an attacker who looks for values knows that nothing here is larger


def possible(effectifs, shown, sommes):
    """For each cell, every value it may have, by brute force on sets of numbers: another way than the rule's bounds."""
    allowed = {key: set(range(1, CAP)) if shown[key] is None else {shown[key]} for key in effectifs}

    def sums(sets):
        found = {0}
        for one in sets:
            found = {a + b for a in found for b in one if a + b < 3 * CAP}
        return found

    for _ in range(2 * len(sommes) + 1):
        for whole, parts in sommes:
            allowed[whole] &= sums(allowed[part] for part in parts)
            for part in parts:
                others = sums(allowed[key] for key in parts if key != part)
                allowed[part] = {v for v in allowed[part] if any(v + other in allowed[whole] for other in others)}
    return allowed


def country(draw, people, *, twice=False):
    """France, two or three regions of one to three départements, three sectors, two kinds: cells and sums."""
    regions = {f"R{r}": [f"D{r}{d}" for d in range(draw.randint(1, 3))] for r in range(draw.randint(2, 3))}
    groups = {"secteur": ["S0", "S1", "S2"], "famille": ["F0", "F1"]}
    where = [(region, dept) for region, depts in regions.items() for dept in depts]
    cells = {key: set() for region, depts in regions.items() for key in (region, *depts)}
    cells |= {key: set() for keys in groups.values() for key in keys} | {"France": set()}
    weights = [draw.choice([1, 1, 4, 12]) for _ in where]
    for person in range(people):
        for _ in range(2 if twice and draw.random() < 0.3 else 1):
            region, dept = draw.choices(where, weights)[0]
            for key in ("France", region, dept, draw.choice(groups["secteur"]), draw.choice(groups["famille"])):
                cells[key].add(person)
    sommes = [("France", list(regions)), *regions.items(), *(("France", keys) for keys in groups.values())]
    return {key: len(found) for key, found in cells.items()}, sommes


def test_no_small_count_is_found_back_in_a_tree_of_tables():
    """250 countries: whoever reads every table finds five values at least for each count of 1 to 4."""
    draw = Random(2026)
    hidden = told = 0
    for _ in range(250):
        effectifs, sommes = country(draw, draw.randint(0, 30))
        shown = rules.masque_sommes(effectifs, sommes)
        values = possible(effectifs, shown, sommes)
        for key, count in effectifs.items():
            assert shown[key] in (None, count)
            assert shown[key] is None or not 0 < count < SMALLEST
            assert shown[key] is not None or count, "a 0 is always told"
            if 0 < count < SMALLEST:
                assert len(values[key]) >= SMALLEST, (effectifs, shown, key, values[key])
                assert count in values[key]
            hidden, told = hidden + (shown[key] is None), told + (shown[key] is not None)
    assert hidden > 400
    assert told > 400  # the rule that hides everything is no rule


def test_people_counted_twice_betray_nobody_either():
    """Who knows that a sum is at most its cells finds 1 at least, and 5 or more at most, for each hidden cell."""
    draw = Random(2027)
    for _ in range(200):
        effectifs, sommes = country(draw, draw.randint(0, 30), twice=True)
        shown = rules.masque_sommes(effectifs, sommes)
        most = {key: CAP if value is None else value for key, value in shown.items()}
        for whole, parts in sommes:
            for part in parts:
                if not 0 < effectifs[part] < SMALLEST:
                    continue
                others = sum(most[key] for key in parts if key != part)
                least = (shown[whole] if shown[whole] is not None else 1) - others
                assert least <= 1, (effectifs, shown, whole, part)
                assert most[whole] >= SMALLEST


def test_every_table_of_three_cells_keeps_five_values():
    for values in product(range(13), repeat=3):
        cells = dict(enumerate(values))
        shown, told = rules.masque(cells, sum(values))
        effectifs, published = cells | {"total": sum(values)}, shown | {"total": told}
        found = possible(effectifs, published, [("total", list(cells))])
        for key, count in cells.items():
            if 0 < count < SMALLEST:
                assert len(found[key]) >= SMALLEST, (cells, shown, told)


@pytest.mark.parametrize(
    ("effectifs", "caches"),
    [
        # A région of one département: to hide one is to hide the other, then a second région.
        ({"France": 40, "R1": 3, "D1": 3, "R2": 12, "D2": 12, "R3": 25, "D3": 25}, {"R1", "D1", "R2", "D2"}),
        # 3 and 9 hide each other inside their région; France need hide nothing.
        ({"France": 40, "R1": 12, "D1": 3, "D1b": 9, "R2": 28, "D2": 28}, {"D1", "D1b"}),
        ({"France": 40, "R1": 20, "D1": 20, "R2": 20, "D2": 20}, set()),
        ({"France": 3, "R1": 3, "D1": 3}, {"France", "R1", "D1"}),
    ],
)
def test_what_is_hidden_stays_close_to_what_must_be(effectifs, caches):
    regions = [key for key in effectifs if key.startswith("R")]
    sommes = [("France", regions)]
    sommes += [(region, [key for key in effectifs if key.startswith(f"D{region[1]}")]) for region in regions]
    shown = rules.masque_sommes(effectifs, sommes)
    assert {key for key, value in shown.items() if value is None} == caches


def crossed(draw, people, *, twice=False):
    """A country whose sectors cross its régions and its départements: cells, sums, and the same as a circulation."""
    regions = {f"R{r}": [f"D{r}{d}" for d in range(draw.randint(1, 2))] for r in range(draw.randint(1, 2))}
    regions["R"] = []  # place unknown
    sectors, families = ["S0", "S1", "S2"][: draw.randint(2, 3)], ["F0", "F1"]
    cells = {key: set() for key in ("France", *regions, *sectors, *families, *sum(regions.values(), []))}
    cells |= {(place, sector): set() for place in (*regions, *sum(regions.values(), [])) for sector in sectors}
    where = [(region, dept) for region, depts in regions.items() for dept in depts or [None]]
    weights = [draw.choice([1, 1, 4, 12]) for _ in where]
    for person in range(people):
        for _ in range(2 if twice and draw.random() < 0.3 else 1):
            (region, dept), sector = draw.choices(where, weights)[0], draw.choice(sectors)
            found = ["France", region, sector, draw.choice(families), (region, sector)]
            for key in found + ([dept, (dept, sector)] if dept else []):
                cells[key].add(person)
    sums, nodes = [("France", list(regions)), ("France", sectors), ("France", families)], []
    nodes += [(["France"], families), (families, list(regions)), (sectors, ["France"])]
    for region, depts in regions.items():
        sums.append((region, [(region, sector) for sector in sectors]))
        nodes.append(([region], depts or [(region, sector) for sector in sectors]))
        if depts:
            sums += [(region, depts), *((dept, [(dept, sector) for sector in sectors]) for dept in depts)]
            sums += [((region, sector), [(dept, sector) for dept in depts]) for sector in sectors]
            nodes += [([dept], [(dept, sector) for sector in sectors]) for dept in depts]
            nodes += [([(dept, sector) for dept in depts], [(region, sector)]) for sector in sectors]
    sums += [(sector, [(region, sector) for region in regions]) for sector in sectors]
    nodes += [([(region, sector) for region in regions], [sector]) for sector in sectors]
    return {key: len(found) for key, found in cells.items()}, sums, nodes


def may_be(effectifs, shown, sums, key, value):
    """Whether `key` may be `value` for who knows all sums and how many each counts twice: numbers are tried in turn.

    Another way than the rule's loops: cells that others sum up are given numbers, the sums follow, all is checked.
    """
    known = {cell: told for cell, told in shown.items() if told is not None} | {key: value}
    ties = [(whole, list(parts), sum(effectifs[p] for p in parts) - effectifs[whole]) for whole, parts in sums if parts]
    leaves = set(effectifs) - {whole for whole, _, _ in ties}

    def narrowed(ranges):
        """The ranges once no sum narrows them; None when one cannot be true."""
        moving = True
        while moving:
            moving = False
            for whole, parts, more in ties:
                low = sum(ranges[p][0] for p in parts) - more
                high = sum(ranges[p][1] for p in parts) - more
                new = {whole: (max(low, ranges[whole][0]), min(high, ranges[whole][1]))}
                for part in parts:
                    least, most = ranges[part]
                    new[part] = (max(least, ranges[whole][0] - high + most), min(most, ranges[whole][1] - low + least))
                for cell, (least, most) in new.items():
                    if least > most:
                        return None
                    if (least, most) != ranges[cell]:
                        ranges[cell], moving = (least, most), True
        return ranges

    def solve(ranges):
        ranges = narrowed(dict(ranges))
        if ranges is None:
            return False
        free = [cell for cell in leaves if ranges[cell][0] < ranges[cell][1]]
        if not free:
            return True
        cell = min(free, key=lambda c: ranges[c][1] - ranges[c][0])
        low, high = ranges[cell]
        return any(solve(ranges | {cell: (n, n)}) for n in range(low, high + 1))

    return solve({cell: (known[cell], known[cell]) if cell in known else (1, CAP) for cell in effectifs})


@pytest.mark.parametrize("twice", [False, True])
def test_no_small_count_is_found_back_where_sectors_cross_territories(twice):
    """All margins published beside the crossings; `twice`: people of two cells, whom the reader knows too."""
    draw = Random(2028)
    hidden = told = 0
    for _ in range(120):
        effectifs, sums, nodes = crossed(draw, draw.randint(0, 40), twice=twice)
        one_way = [(whole, parts) for whole, parts in sums if not isinstance(parts[0], tuple)]
        shown = rules.masque_croise(effectifs, one_way, nodes)
        for key, people in effectifs.items():
            assert shown[key] in (None, people)
            assert shown[key] is None or not 0 < people < SMALLEST
            assert shown[key] is not None or people, "a 0 is always told"
            if 0 < people < SMALLEST:
                values = [n for n in range(1, 13) if may_be(effectifs, shown, sums, key, n)]
                assert len(values) >= SMALLEST, (effectifs, shown, key, values)
                assert people in values
            hidden, told = hidden + (shown[key] is None), told + (people > 0 and shown[key] is not None)
    assert hidden > 400
    assert told > 300  # the rule that hides everything is no rule


def test_rows_and_columns_added_together_tell_nothing_either():
    """Two squares of hidden cells held by one: two rows less two columns would tell it, no single sum does."""
    people = {(1, 1): 4, (1, 2): 4, (2, 1): 4, (2, 2): 4, (2, 3): 3, (3, 3): 4, (3, 4): 4, (4, 3): 4, (4, 4): 4}
    cells = {("R", r): sum(n for (row, _), n in people.items() if row == r) for r in range(1, 5)}
    cells |= {("S", s): sum(n for (_, col), n in people.items() if col == s) for s in range(1, 5)}
    total = sum(people.values())
    cells |= {"France": total, "F": total} | {(r, s): people.get((r, s), 0) for r, s in product(range(1, 5), repeat=2)}
    rows, columns = [("R", r) for r in range(1, 5)], [("S", s) for s in range(1, 5)]
    sums = [("France", rows), ("France", columns), ("France", ["F"])]
    sums += [(row, [(row[1], s) for s in range(1, 5)]) for row in rows]
    sums += [(column, [(r, column[1]) for r in range(1, 5)]) for column in columns]
    nodes = [(["France"], ["F"]), (["F"], rows), (columns, ["France"])]
    nodes += [([row], parts) for row, parts in sums[3:7]] + [(parts, [column]) for column, parts in sums[7:]]
    one_by_one, all_together = rules.masque_sommes(cells, sums), rules.masque_croise(cells, sums, nodes)
    values = {
        name: [n for n in range(1, 13) if may_be(cells, shown, sums, (2, 3), n)]
        for name, shown in (("one by one", one_by_one), ("together", all_together))
    }
    assert values["one by one"] == [3]
    assert len(values["together"]) >= SMALLEST
