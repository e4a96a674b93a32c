"""Imports only go down: between the floors of the house, and between the rooms of a floor."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# From the roof down to the ground: a floor imports itself and what stands below.
FLOORS = ("portal.pages", "clauses", "marches", "structures", "portal")
# Rooms of a floor, each with the rank it stands at: a room imports rooms of a lower or equal rank only.
# enums ← rules ← models ← upsert ← importers; models ← filters, stats, exporters, notifications ← actions ← forms
# ← views ← urls
ROOMS = {
    "enums": 0, "rules": 1, "querysets": 2, "models": 2, "upsert": 3, "importers": 4,
    "filters": 3, "stats": 3, "exporters": 3, "notifications": 3, "actions": 5, "forms": 6, "views": 7, "urls": 8,
}  # fmt: skip
# These stand side by side: none imports another.
SIDE_BY_SIDE = {"filters", "stats", "exporters", "notifications", "upsert", "importers"}
MAY_READ = {("importers", "upsert")}


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name, migrations apart."""
    found = {}
    for top in ("portal", "structures", "marches", "clauses"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imports_in(source: str, module: str, is_package: bool = False) -> set[str]:
    """Dotted names `source` imports, at any depth; relative ones are made absolute."""
    package = module if is_package else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]).rstrip(".")
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def imports_of(module: str) -> set[str]:
    path = MODULES[module]
    return imports_in(path.read_text(encoding="utf-8"), module, path.name == "__init__.py")


def floor_of(name: str) -> str | None:
    """The floor a dotted name belongs to; None for the libraries."""
    return next((floor for floor in FLOORS if name == floor or name.startswith(f"{floor}.")), None)


def rises(module: str, imported: set[str]) -> set[str]:
    """Imports of `module` that reach a floor above its own."""
    here = FLOORS.index(floor_of(module))
    return {name for name in imported if (floor := floor_of(name)) and FLOORS.index(floor) < here}


def room_of(module: str, floor: str) -> str | None:
    """The room of `floor` a dotted name stands in; None outside the floor or the known rooms."""
    if floor_of(module) != floor:
        return None
    room = module.removeprefix(floor).lstrip(".").partition(".")[0]
    return room if room in ROOMS else None


def climbs(module: str, imported: set[str]) -> set[tuple[str, str]]:
    """Pairs of rooms (from, to) of one floor where `module` imports against the order."""
    floor = floor_of(module)
    room = room_of(module, floor)
    found = set()
    for name in imported if room else ():
        other = room_of(name, floor)
        if other is None or other == room or (room, other) in MAY_READ:
            continue
        if ROOMS[other] > ROOMS[room] or (room in SIDE_BY_SIDE and other in SIDE_BY_SIDE):
            found.add((room, other))
    return found


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_floor_never_imports_the_one_above(module):
    assert rises(module, imports_of(module)) == set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_rooms_of_a_floor_go_one_way(module):
    assert climbs(module, imports_of(module)) == set()


@pytest.mark.parametrize("module", ["portal.settings", "portal.urls"])
def test_settings_and_urls_name_the_apps_as_strings(module):
    floors = {floor_of(name) for name in imports_of(module)} - {None, "portal"}
    assert floors == set()


def test_foreign_keys_point_down():
    from django.apps import apps

    rising = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        if (here := floor_of(model.__module__))
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and field.related_model
        if (there := floor_of(field.related_model.__module__)) and FLOORS.index(there) < FLOORS.index(here)
    ]
    assert rising == []


def test_templates_of_a_floor_include_no_template_of_a_floor_above():
    import re

    folders = {"pages": "portal.pages", "clauses": "clauses", "marches": "marches", "structures": "structures"}
    rising = []
    for top, floor in folders.items():
        for path in (ROOT / "templates" / top).rglob("*.html"):
            for other in re.findall(r"{%\s*(?:include|extends)\s+[\"'](\w+)/", path.read_text(encoding="utf-8")):
                if other in folders and FLOORS.index(folders[other]) < FLOORS.index(floor):
                    rising.append(f"{path.relative_to(ROOT)} → {other}/")
    assert rising == []


# The reading itself: without these, an empty answer would prove nothing ---------------------------------------------
def test_every_floor_is_read():
    assert {floor_of(module) for module in MODULES} == set(FLOORS)
    assert all(len([m for m in MODULES if floor_of(m) == floor]) > 3 for floor in FLOORS)


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("structures.views", "from marches.models import Lot", {"marches.models", "marches.models.Lot"}),
        ("portal.mail", "import portal.pages.models", {"portal.pages.models"}),
        ("portal.mail", "from portal import pages", {"portal.pages"}),
        ("portal.mail", "from .pages import models", {"portal.pages", "portal.pages.models"}),
        ("marches.models", "def late():\n    from clauses import rules", {"clauses", "clauses.rules"}),
        ("marches.views", "from structures.models import Structure\nimport portal.text", set()),
        ("portal.pages.views", "from clauses.models import ClauseSociale", set()),
    ],
)
def test_a_rising_import_is_seen(module, source, expected):
    assert rises(module, imports_in(source, module)) == expected


@pytest.mark.parametrize(
    ("module", "source", "expected"),
    [
        ("marches.rules", "from marches.models import Lot", {("rules", "models")}),
        ("marches.models.lots", "from marches.actions import award", {("models", "actions")}),
        ("marches.stats", "from marches.filters import LotFilter", {("stats", "filters")}),
        ("marches.importers.contrats", "from marches.upsert import fold", set()),
        ("marches.views", "from . import forms, actions", set()),
        ("portal.pages.forms", "from portal.pages.views import accueil", {("forms", "views")}),
    ],
)
def test_a_climbing_import_is_seen(module, source, expected):
    assert climbs(module, imports_in(source, module)) == expected


def test_the_order_of_floors_is_total():
    assert all(above != below for above, below in pairwise(FLOORS))
