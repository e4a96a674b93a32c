"""Queries compiled once: the same rows as the queryset they come from, whatever is asked."""

from datetime import date

import pytest
from django.db import connection
from django.db.models import F

from portal.requetes import Prepared, PreparedObjects
from structures.models import Commune, Structure
from tests.factories import make_co_entreprise, make_commune, make_source_structure, make_structure

pytestmark = pytest.mark.django_db


def by_name(pks):
    return Structure.objects.filter(pk__in=pks).order_by("nom").values_list("nom", "convention_fin", "fictive")


def test_rows_are_those_of_the_queryset_with_their_types(django_assert_num_queries):
    one = make_structure(nom="A", convention_fin=date(2026, 1, 31))
    two = make_structure(nom="B", fictive=True)
    make_structure(nom="C")
    prepared = Prepared(by_name, (int, 3))
    for pks in ([one.pk], [one.pk, two.pk], [two.pk, one.pk, 10**9]):
        with django_assert_num_queries(1):
            found = prepared.rows(pks)
        assert [tuple(row) for row in found] == list(by_name(pks))
    assert tuple(prepared.rows([one.pk])[0]) == ("A", date(2026, 1, 31), False)


def test_nothing_asked_costs_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert Prepared(by_name, (int, 3)).rows([]) == []


def test_more_keys_than_written_for():
    rows = [make_structure(nom=name) for name in "ABCDE"]
    prepared = Prepared(by_name, (int, 2))
    with pytest.raises(ValueError, match="5 keys"):
        prepared.rows([row.pk for row in rows])
    assert [row[0] for row in prepared.chunked([row.pk for row in rows])] == ["A", "B", "C", "D", "E"]


def test_two_lists_and_texts():
    make_commune(code="14118", nom="Caen")
    make_commune(code="2A004", nom="Ajaccio")
    prepared = Prepared(
        lambda codes, names: Commune.objects.filter(code__in=codes, nom__in=names).values_list("code"),
        (str, 2), (str, 2),
    )  # fmt: skip
    assert [tuple(row) for row in prepared.rows(["14118", "2A004"], ["Ajaccio"])] == [("2A004",)]
    assert prepared.rows(["14118"], ["' OR 1=1 --"]) == []


def test_json_and_unions():
    source = make_source_structure(donnees={"champs": {"nom": "Été"}})
    told = Prepared(
        lambda pks: Structure.objects.filter(pk__in=pks).values_list("sources__donnees"), (int, 1)
    )  # fmt: skip
    assert told.rows([source.structure_id])[0][0] == {"champs": {"nom": "Été"}}
    both = Prepared(
        lambda pks: (
            Structure.objects.filter(pk__in=pks).order_by().values_list("pk")
            .union(Structure.objects.filter(sources__structure__in=pks).order_by().values_list("pk"))
        ), (int, 1),
    )  # fmt: skip
    assert [tuple(row) for row in both.rows([source.structure_id])] == [(source.structure_id,)]


def test_a_key_used_twice_beside_constants_and_ranges():
    one, two = make_structure(nom="100 % solidaire"), make_structure(nom="B")
    prepared = Prepared(
        lambda pks, above: (
            Structure.objects.filter(pk__in=pks, nom__contains="%").exclude(pk__in=pks, pk__gt=above[0])
            .order_by("pk").values_list("pk", "nom")
        ), (int, 3), (int, 1),
    )  # fmt: skip
    for _ in range(8):  # the engine may change its plan on the way
        assert [tuple(row) for row in prepared.rows([two.pk, one.pk], [one.pk])] == [(one.pk, "100 % solidaire")]
        assert prepared.rows([two.pk, one.pk], [one.pk - 1]) == []
        assert prepared.rows([10**12], [5]) == []


def test_plans_are_kept_by_postgresql():
    if connection.vendor != "postgresql":
        pytest.skip("plans of PostgreSQL")
    prepared, pks = Prepared(by_name, (int, 3)), [make_structure().pk for _ in range(3)]
    for some in (pks, pks[:1], [10**12]):
        prepared.rows(some)
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE %s", ["%= ANY($1)%"])
        assert len(cursor.fetchall()) == 1


def test_objects_are_those_of_the_queryset(django_assert_num_queries):
    def build(pks):
        joined = Structure.objects.select_related("organisation", "commune__departement", "co_entreprise")
        return joined.defer("racines").filter(pk__in=pks).annotate(double=F("completude") * 2).order_by("pk")

    commune = make_commune(code="14118", nom="Caen")
    alone = make_structure(organisation=None, identifiant_source="140001", champs_saisis=["nom"], completude=21)
    placed = make_structure(commune=commune, departement=commune.departement, logo="logo.png")
    venture = make_co_entreprise(structure=placed)
    prepared = PreparedObjects(build, (int, 3))
    for _ in range(2):
        with django_assert_num_queries(1):
            one, two = prepared.objects([placed.pk, alone.pk])
            assert (one.organisation, one.commune, hasattr(one, "co_entreprise"), one.double) == (None, None, False, 42)
            assert (two.commune.departement, two.co_entreprise) == (commune.departement, venture)
        for made, read in zip((one, two), build([alone.pk, placed.pk]), strict=True):
            values = {name: value for name, value in vars(made).items() if name != "_state"}
            assert values == {name: value for name, value in vars(read).items() if name != "_state"}
            assert made.get_deferred_fields() == {"racines"}
            assert (made._state.adding, made._state.db) == (False, "default")
    assert prepared.objects([10**9]) == []


def test_days_are_keys_too(django_assert_num_queries):
    make_structure(nom="A", convention_fin=date(2026, 1, 31))
    make_structure(nom="B", convention_fin=date(2026, 6, 30))
    make_structure(nom="C")

    def until(days):
        return Structure.objects.filter(convention_fin__lte=days[0]).order_by("nom").values_list("nom")

    prepared = Prepared(until, (date, 1))
    for day, expected in ((date(2025, 1, 1), ""), (date(2026, 1, 31), "A"), (date(2027, 1, 1), "AB")):
        with django_assert_num_queries(1):
            assert "".join(row[0] for row in prepared.rows([day])) == expected
