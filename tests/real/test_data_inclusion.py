"""The export against the real schema of data·inclusion v1, read with the little of JSON Schema that it uses."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.validators import URLValidator, validate_email

from structures.data_inclusion import KIND_TO_RESEAU, RESEAUX
from structures.exporters.data_inclusion import json_pieces
from structures.importers import data_inclusion, emplois, esat, territoires
from structures.importers.common import import_file
from structures.models import Organisation, Reseau, SourceStructure, Structure

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
SCHEMA = SHARED / "schemas" / "data_inclusion" / "structure_v1.0.10.json"
pytestmark = [
    pytest.mark.real,
    pytest.mark.django_db,
    pytest.mark.skipif(not SCHEMA.is_file(), reason="le schéma n'est pas là"),
]
FORMATS = {"date": date.fromisoformat, "email": validate_email, "uri": URLValidator(["http", "https"])}
TYPES = {"string": str, "null": type(None), "array": list, "object": dict, "number": (int, float)}


def faults(value, rule, defs) -> list[str]:
    """What `value` does against `rule`; the keywords that the schema uses, and no other is let through."""
    known = {"$ref", "anyOf", "type", "enum", "items", "properties", "required", "maxLength", "minLength", "pattern",
             "format", "uniqueItems", "default", "description", "examples", "title"}  # fmt: skip
    assert not rule.keys() - known
    if "$ref" in rule:
        return faults(value, defs[rule["$ref"].rpartition("/")[2]], defs)
    if "anyOf" in rule:
        tried = [faults(value, each, defs) for each in rule["anyOf"]]
        return [] if [] in tried else tried[0]
    if not isinstance(value, TYPES[rule["type"]]):
        return [f"{value!r} n'est pas {rule['type']}"]
    found = []
    if "enum" in rule and value not in rule["enum"]:
        found.append(f"{value!r} hors liste")
    if isinstance(value, str):
        if not rule.get("minLength", 0) <= len(value) <= rule.get("maxLength", 10**9):
            found.append(f"{value!r} : longueur")
        if "pattern" in rule and not re.search(rule["pattern"], value):
            found.append(f"{value!r} : forme")
        if "format" in rule:
            try:
                FORMATS[rule["format"]](value)
            except ValueError:
                found.append(f"{value!r} n'est pas {rule['format']}")
            except Exception as error:
                found.append(f"{value!r} : {error}")
    if isinstance(value, list):
        found += [fault for each in value for fault in faults(each, rule["items"], defs)]
        if rule.get("uniqueItems") and len(set(map(str, value))) != len(value):
            found.append(f"{value!r} : doublons")
    if isinstance(value, dict):
        found += [f"{name} manque" for name in rule["required"] if name not in value]
        found += [f"{name} inconnu" for name in value.keys() - rule["properties"].keys()]
        for name in value.keys() & rule["properties"].keys():
            found += faults(value[name], rule["properties"][name], defs)
    return found


@pytest.fixture(scope="module")
def schema():
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def test_our_words_are_those_of_the_nomenclature(schema):
    known = set(schema["$defs"]["ReseauPorteur"]["enum"])
    assert set(RESEAUX) | set(KIND_TO_RESEAU.values()) <= known


def test_the_checker_can_fail(schema):
    defs = schema["$defs"]
    right = {"source": "x", "id": "x--1", "nom": "Nom", "date_maj": "2026-01-01"}
    assert faults(right, defs["Structure"], defs) == []
    for wrong in ({"nom": "ab"}, {"siret": "1"}, {"date_maj": "hier"}, {"reseaux_porteurs": ["x"]}, {"autre": None}):
        assert faults(right | wrong, defs["Structure"], defs)


def test_real_structures_out_and_in_again(schema, tmp_path):
    territoires.load()
    import_file(emplois.FORMAT, SHARED / "structures" / "siae_emplois_2020.csv.gz")
    import_file(esat.FORMAT, SHARED / "structures" / "esat_liste_officielle.csv")
    Structure.objects.first().reseaux.add(Reseau.objects.create(nom="Coorace", slug="coorace"))
    path = tmp_path / "annuaire.json"
    path.write_bytes(
        b"".join(json_pieces(Structure.objects.all(), contact=True, base="https://exemple.fr/structures/"))
    )
    objects = json.loads(path.read_text(encoding="utf-8"))
    assert len(objects) == Structure.objects.count() == len({each["id"] for each in objects})
    defs = schema["$defs"]
    assert [fault for each in objects for fault in faults(each, defs["Structure"], defs)] == []
    kept = ("kind", "identifiant_source", "commune", "organisation__identifiant", "courriel", "telephone")
    before = sorted(map(str, Structure.objects.filter(organisation__identifiant_valide=True).values_list(*kept)))
    SourceStructure.objects.all().delete()
    Structure.objects.all().delete()
    Organisation.objects.all().delete()
    report = import_file(data_inclusion.FORMAT, path)
    after = sorted(map(str, Structure.objects.filter(organisation__identifiant_valide=True).values_list(*kept)))
    assert report.lus == len(objects)
    assert len(report.ecartes) <= 15  # SIRET that are not one cannot be said in this format
    assert len(set(before) - set(after)) <= 3
