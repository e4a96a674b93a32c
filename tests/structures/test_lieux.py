"""What people and files call a place, and the place it is."""

import pytest

from portal.text import sort_key
from structures import lieux
from structures.importers.communes import CommuneMatcher
from structures.lieux import resolve
from tests.factories import make_code_postal, make_commune, make_departement, make_region
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db


@pytest.fixture
def country(db):
    return make_country()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Évreux", "commune-27229"),
        ("  evreux ", "commune-27229"),
        ("EVREUX CEDEX", "commune-27229"),
        ("Caen Cedex 4", "commune-14118"),
        ("27000", "commune-27229"),
        ("27229", "commune-27229"),
        ("27000 Évreux", "commune-27229"),
        ("14", "departement-14"),
        ("014", "departement-14"),
        ("Calvados", "departement-14"),
        ("Calvados (14)", "departement-14"),
        ("normandie", "region-28"),
        ("ile de france", "region-11"),
        ("Caen la mer", "epci-200065597"),
        ("communauté urbaine Caen la Mer", "epci-200065597"),
        ("Paris", "commune-75056"),
        ("Paris 10e", "commune-75110"),
        ("PARIS 10", "commune-75110"),
        ("paris 10ème arrondissement", "commune-75110"),
        ("75010", "commune-75110"),
        ("St Etienne", "commune-14562"),
        ("St-Étienne (27)", "commune-27561"),
        ("commune-27229", "commune-27229"),
        ("departement-14", "departement-14"),
        ("France", "france"),
        ("toute la France", "france"),
        ("lisi", "commune-14366"),
    ],
)
def test_typed_places(country, typed, expected):
    assert resolve(typed).lieu.parametre == expected


@pytest.fixture
def overseas(country):
    """Two collectivities, and their communes: one is called as a commune of the mainland, with a postcode of 971."""
    made = {}
    for code, nom, communes in (
        ("978", "Saint-Martin", [("97801", "Saint-Martin", 31_160, "97150")]),
        ("988", "Nouvelle-Calédonie", [("98818", "Nouméa", 94_285, "98800 98849")]),
    ):
        made[code] = make_departement(
            code=code, nom=nom, nom_tri=sort_key(nom), region=make_region(code=code, nom=nom, nom_tri=sort_key(nom))
        )
        for insee, commune, population, postcodes in communes:
            row = make_commune(
                code=insee, nom=commune, nom_tri=sort_key(commune), departement=made[code], population=population,
                codes_postaux=postcodes,
            )  # fmt: skip
            for postcode in postcodes.split():
                make_code_postal(code=postcode, commune=row)
    make_commune(code="14625", nom="Saint-Martin", nom_tri="saint martin", departement=country.calvados, population=900)
    return made


@pytest.mark.parametrize(
    ("typed", "expected", "said"),
    [
        ("Nouvelle Calédonie", "departement-988", "collectivité d'outre-mer"),
        ("988", "departement-988", "collectivité d'outre-mer"),
        ("Nouméa", "commune-98818", "commune"),
        ("98800", "commune-98818", "commune"),
        ("Nouvelle", "departement-988", "collectivité d'outre-mer"),
        ("98860", "departement-988", "collectivité d'outre-mer"),
        ("Saint-Martin", "departement-978", "collectivité d'outre-mer"),
        ("97150", "commune-97801", "commune"),
        ("Saint-Martin (14)", "commune-14625", "commune"),
    ],
)
def test_collectivities_overseas(overseas, typed, expected, said):
    lieu = resolve(typed).lieu
    assert (lieu.parametre, lieu.precision) == (expected, said)


@pytest.mark.parametrize(
    ("postcode", "departement"),
    [("97133", "977"), ("97150", "978"), ("97500", "975"), ("98714", "987"), ("97110", "971")],
)
def test_postcodes_overseas(postcode, departement):
    assert lieux.departement_of(postcode) == departement


@pytest.mark.parametrize("typed", ["zzzz", "99999", "commune-00000", "Paris 30e", "\x00", "9" * 500, "((", "%", "'"])
def test_unknown_places(country, typed):
    assert resolve(typed).lieu is None


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Evraux", "commune-27229"),
        ("Lizieux", "commune-14366"),
        ("Lisiuex", "commune-14366"),
        ("Calvdos", "departement-14"),
        ("Normandy", "region-28"),
        ("Lizieux (14)", "commune-14366"),
    ],
)
def test_a_mistyped_place_is_corrected_and_flagged(country, typed, expected):
    found = resolve(typed)
    assert (found.lieu.parametre, found.corrige) == (expected, True)


@pytest.mark.parametrize("typed", ["Evx", "Lizieux (27)", "Marseille", "Bordeaux", "cln"])
def test_a_name_too_far_from_any_is_unknown(country, typed):
    found = resolve(typed)
    assert found.is_unknown
    assert not found.corrige


def test_what_is_typed_right_is_not_corrected(country):
    assert not resolve("Évreux").corrige
    assert not resolve("Evreu").corrige  # the beginning of a name
    assert not resolve("").corrige


def test_an_ambiguous_name_offers_the_most_populated_first(country):
    found = resolve("saint etienne")
    assert found.is_ambiguous
    assert [lieu.code for lieu in found.candidats] == ["14562", "27561"]


def test_a_region_of_one_departement_is_no_other_choice(country):
    """Overseas the région and its département bear one name and are one place."""
    make_departement(code="976", nom="Mayotte", region=make_region(code="06", nom="Mayotte"))
    found = resolve("Mayotte")
    assert [lieu.parametre for lieu in found.candidats] == ["departement-976"]


@pytest.mark.parametrize(
    ("words", "code", "others"),
    [
        ("jardinage Caen", "14118", "jardinage"),
        ("Saint-Etienne jardinage", "14562", "jardinage"),
        ("jardinage à Évreux, urgent", "27229", "jardinage urgent"),
        ("peinture dans le calvados", "14", "peinture"),
        ("caen lisieux", "14366", "caen"),
    ],
)
def test_a_place_among_words(country, words, code, others):
    lieu, rest = lieux.in_words(words)
    assert (lieu.code, rest) == (code, others)


@pytest.mark.parametrize("words", ["", "jardinage", "a b c", "\x00", "le la de", "x" * 500, "Cae jardinage"])
def test_no_place_among_words(country, words):
    assert lieux.in_words(words) is None


def test_the_address_form_comes_back(country):
    for typed in ("Évreux", "Calvados", "Normandie", "Caen la mer", "France"):
        lieu = resolve(typed).lieu
        assert lieux.from_parametre(lieu.parametre) == lieu


def test_what_holds_a_place(country):
    assert resolve("Caen").lieu.contenants() == [
        ("epci", "200065597"), ("departement", "14"), ("region", "28"), ("france", ""),
    ]  # fmt: skip
    assert resolve("Calvados").lieu.contenants() == [("region", "28"), ("france", "")]
    assert resolve("France").lieu.contenants() == []
    # an intercommunality astride two départements is held by none of them, but by their région
    assert lieux.from_parametre("epci-200066827").contenants() == [("region", "28"), ("france", "")]


@pytest.mark.parametrize(
    ("city", "postcode", "departement", "code"),
    [
        ("EVREUX", "27000", "", "27229"),
        ("EVREUX CEDEX 9", "27009", "", "27229"),
        ("ST ETIENNE", "27430", "", "27561"),
        ("ST ETIENNE", "", "14", "14562"),
        ("PARIS 10", "75010", "", "75110"),
        ("Paris", "75010", "", "75110"),
        ("PARIS", "75001", "", "75056"),
        ("IFFS", "14123", "", "14341"),
        ("ANCIENNE COMMUNE", "14123", "", "14341"),
        ("LISIEUX HERMIVAL", "14100", "", "14366"),
        ("AILLEURS", "99999", "", None),
        ("", "", "", None),
    ],
)
def test_names_in_files(country, city, postcode, departement, code):
    assert CommuneMatcher().match(city, postcode, departement).code == code


def test_a_guess_says_so(country):
    assert "code postal seul" in CommuneMatcher().match("ANCIENNE COMMUNE", "14123").raison
    assert CommuneMatcher().match("CAEN", "14000").raison == ""
    assert CommuneMatcher().match("AILLEURS", "99999").raison == "commune inconnue"


def test_a_name_alone_finds_the_only_commune_called_so(country):
    found = CommuneMatcher().match("évreux")
    assert found.code == "27229"
    assert "son nom seul" in found.raison
    assert "plusieurs communes" in CommuneMatcher().match("Saint-Étienne").raison
    assert CommuneMatcher().match("Nulle-Part").raison == "commune inconnue"


@pytest.mark.parametrize(
    ("postcode", "departement"),
    [("14000", "14"), ("20000", "2A"), ("20200", "2B"), ("97400", "974"), ("1234", ""), ("", ""), ("abcde", "")],
)
def test_departement_of_a_postcode(postcode, departement):
    assert lieux.departement_of(postcode) == departement
