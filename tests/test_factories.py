"""Every maker makes its row, and every table of ours has a maker."""

import inspect

import pytest
from django.apps import apps
from django.db.models import Model

from portal.siret import is_siren, is_siret
from tests import factories

OURS = ("portal", "structures", "marches", "clauses", "pages")
MAKERS = {
    name: function
    for name, function in inspect.getmembers(factories, inspect.isfunction)
    if name.startswith("make_") and isinstance(function.__annotations__.get("return"), type)
    and issubclass(function.__annotations__["return"], Model)
}  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(MAKERS))
def test_maker_makes_valid_rows_twice(name):
    first, second = MAKERS[name](), MAKERS[name]()
    assert first.pk != second.pk
    first.refresh_from_db()
    assert str(first)
    empty = {field.name for field in first._meta.fields if getattr(first, field.attname) in (None, "", {}, [])}
    first.full_clean(exclude=empty | {"password"})


def test_every_table_has_a_maker():
    tables = {
        model
        for label in OURS
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.startswith("Historical")
    }
    assert tables - {function.__annotations__["return"] for function in MAKERS.values()} == set()


def test_numbers_are_valid_and_stable():
    assert all(is_siren(factories.make_siren()) for _ in range(200))
    assert all(is_siret(factories.make_siret()) for _ in range(200))
    assert factories.make_siren(7) == factories.make_siren(7)
    assert is_siret(factories.make_siret(factories.make_siren(), nic=42))
