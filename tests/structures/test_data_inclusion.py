"""data·inclusion v1: what is read, what is set aside, and there and back."""

import gzip
import json

import pytest
from django.core.management import call_command

from portal.imports import FichierRefuse
from structures.exporters.data_inclusion import json_pieces
from structures.importers import data_inclusion
from structures.importers.common import import_file
from structures.models import Organisation, Reseau, SourceStructure, Structure
from tests.factories import make_organisation, make_reseau, make_siret, make_structure
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
A, B = make_siret(nic=41), make_siret(nic=42)


@pytest.fixture
def country(db):
    return make_country()


@pytest.fixture
def write(tmp_path):
    def write(*objects, name="structures.json", raw=None):
        path = tmp_path / name
        content = raw if raw is not None else json.dumps(objects).encode()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


def one(**given):
    return {
        "source": "dora", "id": "dora--1", "nom": "Les Jardins", "date_maj": "2026-03-01", "siret": A,
        "reseaux_porteurs": ["aci"], "code_insee": "14341", "code_postal": "14123", "commune": "Ifs",
        "adresse": "1 rue", "complement_adresse": "Bât. B", "latitude": 49.1, "longitude": -0.3,
        "telephone": "0231000000", "courriel": "contact@jardins.invalid", "site_web": "https://jardins.invalid",
    } | given  # fmt: skip


def read(path):
    report = import_file(data_inclusion.FORMAT, path)
    report.check()
    return report


@pytest.mark.parametrize("name", ["structures.json", "structures.json.gz"])
def test_a_structure(country, write, name):
    assert read(write(one(), name=name)).crees == 1
    structure = Structure.objects.get()
    assert (structure.kind, structure.nom, structure.commune_id) == ("ACI", "Les Jardins", "14341")
    assert (structure.adresse, structure.latitude) == ("1 rue Bât. B", 49.1)
    assert (structure.courriel, structure.telephone) == ("contact@jardins.invalid", "0231000000")
    assert structure.organisation.identifiant == A
    assert structure.source == "data·inclusion"


def test_several_kinds_are_several_cards(country, write):
    report = read(write(one(reseaux_porteurs=["ei", "aci", "coorace"])))
    assert (report.lus, report.crees) == (2, 2)
    assert set(Structure.objects.values_list("kind", flat=True)) == {"EI", "ACI"}
    assert Organisation.objects.count() == 1
    assert {structure.reseaux.get().slug for structure in Structure.objects.all()} == {"coorace"}


def test_our_own_network_of_that_name_is_used(country, write):
    mine = make_reseau(nom="Chantier École", slug="fd-chantier")
    read(write(one(reseaux_porteurs=["aci", "chantier-ecole", "mairie", 3])))
    assert list(Structure.objects.get().reseaux.all()) == [mine]
    assert Reseau.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"reseaux_porteurs": ["communes"]}, "aucun type"),
        ({"reseaux_porteurs": None}, "aucun type"),
        ({"reseaux_porteurs": "aci"}, "aucun type"),
        ({"siret": None}, "sans SIRET"),
        ({"nom": ""}, "sans nom"),
        ({"nom": {"fr": "x"}}, "sans nom"),
        ({"date_maj": "hier"}, "date de mise à jour"),
        ({"date_maj": "2026-13-45"}, "date de mise à jour"),
    ],
)
def test_what_is_set_aside(country, write, given, reason):
    report = read(write(one(**given), one(siret=B)))
    assert (report.lus, report.crees) == (2, 1)
    assert reason in report.ecartes[0].raison
    assert report.ecartes[0].ligne == 1


def test_what_is_no_object_is_set_aside(country, write):
    report = read(write("texte", None, [1], one()))
    assert (report.lus, report.crees, len(report.ecartes)) == (4, 1, 3)


@pytest.mark.parametrize("raw", [b"{", b'{"a": 1}', b"\xff\xfe\x00", b"", b"[" * 100_000])
def test_what_is_not_the_format_is_refused(country, write, raw):
    with pytest.raises(FichierRefuse):
        read(write(raw=raw))


ODD = [
    {"latitude": 1e400},
    {"longitude": "NaN"},
    {"nom": "a\x00b"},
    {"description": "é" * 20_000},
    {"telephone": "1" * 300},
    {"site_web": "javascript:alert(1)"},
    {"code_insee": "ZZZZZ"},
]


@pytest.mark.parametrize("given", ODD, ids=lambda given: next(iter(given)))
def test_odd_values_never_break_the_file(country, write, given):
    assert read(write(one(**given))).crees == 1


def test_addresses_of_people_are_not_stored(country, write):
    report = read(write(one(courriel="jean.martin@gmail.invalid")))
    assert Structure.objects.get().courriel == ""
    assert "nominatif" in report.signalements[0].raison
    assert "martin" not in str(SourceStructure.objects.get().donnees) + str(report.as_dict())


def test_a_site_told_apart_by_its_finess_is_found_by_siret(country, write):
    known = make_structure(organisation=make_organisation(identifiant=A), kind="ESAT", identifiant_source="140000001")
    read(write(one(reseaux_porteurs=["esat"])))
    known.refresh_from_db()
    assert known.nom == "Les Jardins"
    make_structure(organisation=known.organisation, kind="ESAT", identifiant_source="140000002")
    report = read(write(one(reseaux_porteurs=["esat"], nom="Lequel ?", date_maj="2026-04-01")))
    assert "2 ESAT ont ce SIRET" in report.ecartes[0].raison


# There and back -----------------------------------------------------------------------------------------------------
KEPT = ("kind", "identifiant_source", "nom", "adresse", "code_postal", "ville", "commune", "departement", "latitude",
        "longitude", "courriel", "telephone", "site", "description", "organisation__identifiant")  # fmt: skip


def test_there_and_back(country, tmp_path):
    place = {"commune": country.ifs, "ville": "Ifs", "code_postal": "14123", "latitude": 49.1, "longitude": -0.3}
    contact = {"courriel": "bureau37@ifs.invalid", "telephone": "0231000000", "site": "https://ifs.invalid"}
    mine = make_organisation(identifiant=A)
    for kind in ("EI", "ACI", "SEP"):
        make_structure(organisation=mine, kind=kind, nom=f"Jardins {kind}", adresse="1 rue", **place, **contact)
    other = make_organisation(identifiant=B)
    for finess in ("140000001", "140000002"):
        make_structure(organisation=other, kind="ESAT", identifiant_source=finess, nom=f"ESAT {finess}", **place)
    orphan = make_structure(
        kind="ESAT", identifiant_source="140000003", nom="Sans SIRET", description="Un atelier.", **place
    )
    Structure.objects.filter(pk=orphan.pk).update(organisation=None)
    Structure.objects.get(kind="ACI").reseaux.add(make_reseau(nom="Unea", slug="unea"))
    before = sorted(Structure.objects.values_list(*KEPT), key=str)
    path = tmp_path / "annuaire.json"
    path.write_bytes(b"".join(json_pieces(Structure.objects.order_by("pk"), contact=True, base="https://x.invalid/")))
    Structure.objects.all().delete()
    Organisation.objects.all().delete()
    report = read(path)
    assert (report.lus, report.crees, report.ecartes) == (6, 6, [])
    assert sorted(Structure.objects.values_list(*KEPT), key=str) == before
    assert Structure.objects.get(kind="ACI").reseaux.get().slug == "unea"
    assert read(path).inchanges == 6


def test_command(country, write, capsys):
    call_command("import_structures", "data_inclusion", str(write(one())))
    assert "1 créé" in capsys.readouterr().out
