import dataclasses
from itertools import permutations

import pytest

from portal.verdict import Niveau, Verdict, worst

LEVELS = [Niveau.OK, Niveau.INFORMATION, Niveau.AVERTISSEMENT, Niveau.BLOCAGE]


def test_levels_are_ordered_by_seriousness():
    for one, other in permutations(Niveau, 2):
        assert (one < other) is (LEVELS.index(one) < LEVELS.index(other))
        assert (one <= other) is (one < other)
        assert (one > other) is (other < one)
        assert (one >= other) is (other <= one)
    assert sorted(Niveau, reverse=True) == LEVELS[::-1]
    assert Niveau.OK >= "ok"


def test_levels_are_their_code():
    assert [str(level) for level in LEVELS] == ["ok", "information", "avertissement", "blocage"]
    assert Niveau.BLOCAGE == "blocage"


@pytest.mark.parametrize(
    ("verdict", "level", "is_blocking"),
    [
        (Verdict.ok(), "ok", False),
        (Verdict.information("R", source="S", remede="F"), "information", False),
        (Verdict.avertissement("R", source="S", remede="F"), "avertissement", False),
        (Verdict.blocage("R", source="S", remede="F"), "blocage", True),
    ],
)
def test_constructors(verdict, level, is_blocking):
    assert verdict.level == level
    assert verdict.is_blocking is is_blocking
    assert verdict.is_ok is (level == "ok")
    if level != "ok":
        assert (verdict.reason, verdict.source, verdict.remede) == ("R", "S", "F")


def test_a_verdict_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Verdict.ok().reason = "autre"


def test_worst_is_the_first_of_the_most_serious():
    first, second = Verdict.blocage("premier"), Verdict.blocage("second")
    for order in permutations([Verdict.ok(), Verdict.avertissement("A"), first]):
        assert worst(order) is first
    assert worst(verdict for verdict in (Verdict.ok(), first, second)) is first
    assert worst([]) == Verdict.ok()
