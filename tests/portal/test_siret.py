import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from portal import siret

SIRET = "73282932000074"
LA_POSTE_HEAD, LA_POSTE_BRANCH = "35600000000048", "35600000049837"


def with_key(payload: str) -> str:
    return payload + luhn.calc_check_digit(payload)


sirens = st.from_regex(r"[1-9][0-9]{7}", fullmatch=True).map(with_key).filter(lambda number: number != "356000000")
sirets = st.builds(lambda siren, nic: with_key(siren + nic), sirens, st.from_regex(r"[0-9]{4}", fullmatch=True))


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        (" 732 829 320\t00074\n", SIRET),
        ("732.829.320.00074", SIRET),
        ("732\u00a0829\u202f320\u200b00074\x00", SIRET),
        (73282932000074, SIRET),
        ("abc-1", "abc-1"),
        ("", ""),
        (None, ""),
    ],
)
def test_clean(value, cleaned):
    assert siret.clean(value) == cleaned


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        (SIRET, True),
        ("732 829 320 00074", True),
        ("73282932000079", False),
        ("7328293200007", False),
        ("732829320000741", False),
        (LA_POSTE_HEAD, True),
        (LA_POSTE_BRANCH, True),  # no Luhn key: La Poste's own rule
        ("35600000049838", False),
        ("00000000000000", False),
        ("７３２８２９３２００００７４", False),
        ("7328293200007x", False),
        ("", False),
        (None, False),
    ],
)
def test_is_siret(value, valid):
    assert siret.is_siret(value) is valid


def test_la_poste_branch_really_has_no_luhn_key():
    assert not luhn.is_valid(LA_POSTE_BRANCH)


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("732829320", True),
        ("732 829 320", True),
        ("732829321", False),
        ("356000000", True),
        ("000325175", True),
        ("000000000", False),
        (SIRET, False),
        (None, False),
    ],
)
def test_is_siren(value, valid):
    assert siret.is_siren(value) is valid


@pytest.mark.parametrize(("value", "siren"), [("732 829 320 00074", "732829320"), ("732829320", ""), (None, "")])
def test_siren_of(value, siren):
    assert siret.siren_of(value) == siren


def test_print_uses_no_break_spaces_and_leaves_the_rest_alone():
    assert siret.print_siret("12345678900011") == "123\u00a0456\u00a0789\u00a000011"
    assert siret.print_siren("123456789") == "123\u00a0456\u00a0789"
    assert siret.print_siret("inconnu") == "inconnu"
    assert siret.print_siren(12) == "12"
    assert siret.print_siret(None) == siret.print_siren(None) == ""


@pytest.mark.parametrize(
    ("value", "length", "expected"),
    [
        (SIRET, 14, (SIRET, True)),
        ("732 829 320 00074", 14, (SIRET, True)),
        ("73282932000074.0", 14, (SIRET, True)),
        ("32517500016", 14, ("00032517500016", True)),
        ("325175", 9, ("000325175", True)),
        ("73282932000079", 14, ("73282932000079", False)),
        ("7328293200007", 14, ("7328293200007", False)),
        ("7,32829E+13", 14, ("7,32829E+13", False)),
        ("732829320", 14, ("732829320", False)),
        ("0", 9, ("0", False)),
        ("", 14, ("", False)),
        (None, 14, ("", False)),
    ],
)
def test_repair(value, length, expected):
    assert siret.repair(value, length) == expected


@settings(deadline=None)
@given(sirets)
def test_repair_keeps_what_is_valid(number):
    assert siret.repair(siret.print_siret(number)) == (number, True)


@settings(deadline=None)
@given(st.integers(1, 3), sirets)
def test_repair_gives_back_the_zeros_a_spreadsheet_dropped(zeros, number):
    siren = with_key("0" * zeros + number[: 8 - zeros])
    whole = with_key(siren + "0001")
    if int(siren):
        assert siret.repair(int(whole)) == (whole, True) or len(str(int(whole))) < 11


@settings(deadline=None)
@given(st.text())
def test_repair_never_claims_more_than_the_check(text):
    number, valid = siret.repair(text)
    assert valid is siret.is_siret(number)
    assert valid or number == siret.clean(text)
