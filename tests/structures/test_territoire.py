"""Where an activity is done × where a buyer looks: who is found, and what the card says."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from structures.directory import Question, answers, lignes, search
from structures.lieux import from_parametre
from structures.models import Commune, Structure
from structures.zones import Geography, make_zone, refresh_all, zones_of
from tests.factories import (
    make_activite,
    make_commune,
    make_departement,
    make_epci,
    make_region,
    make_secteur,
    make_structure,
)  # fmt: skip

pytestmark = pytest.mark.django_db

REGIONS = {"84": "Auvergne-Rhône-Alpes", "28": "Normandie", "94": "Corse", "04": "La Réunion"}
DEPARTEMENTS = {
    "38": ("Isère", "84"), "69": ("Rhône", "84"), "73": ("Savoie", "84"), "14": ("Calvados", "28"),
    "27": ("Eure", "28"), "2A": ("Corse-du-Sud", "94"), "2B": ("Haute-Corse", "94"), "974": ("La Réunion", "04"),
}  # fmt: skip
METRO, ASTRIDE, GRAND_LYON, CHAMBERY = "200040715", "200077014", "200046977", "200069110"
EPCIS = {
    METRO: "Grenoble-Alpes-Métropole", ASTRIDE: "Vienne Condrieu Agglomération", GRAND_LYON: "Métropole de Lyon",
    CHAMBERY: "Communauté d'agglomération du Grand Chambéry",
}  # fmt: skip
COMMUNES = {
    "38185": ("Grenoble", "38", METRO, 45.18663, 5.73631),
    "38151": ("Échirolles", "38", METRO, 45.14436, 5.71838),
    "38544": ("Vienne", "38", ASTRIDE, 45.52569, 4.87470),
    "69064": ("Condrieu", "69", ASTRIDE, 45.46300, 4.76800),
    "69123": ("Lyon", "69", GRAND_LYON, 45.75800, 4.83500),
    "69266": ("Villeurbanne", "69", GRAND_LYON, 45.76600, 4.87900),
    "73065": ("Chambéry", "73", CHAMBERY, 45.56600, 5.92100),
    "73011": ("Albertville", "73", None, 45.67500, 6.39200),
    "14118": ("Caen", "14", None, 49.18200, -0.37100),
    "27229": ("Évreux", "27", None, 49.02700, 1.15100),
    "2A004": ("Ajaccio", "2A", None, 41.92700, 8.73700),
    "2B033": ("Bastia", "2B", None, 42.69700, 9.45000),
    "97411": ("Saint-Denis", "974", None, -20.87900, 55.44800),
}
ARRONDISSEMENTS = {
    "69381": ("Lyon 1er Arrondissement", 45.76900, 4.83000),
    "69382": ("Lyon 2e Arrondissement", 45.75400, 4.82900),
}


@pytest.fixture
def france(db):
    """Thirteen communes of eight départements, an EPCI astride, a city of arrondissements, Corsica, overseas."""
    regions = {code: make_region(code=code, nom=nom) for code, nom in REGIONS.items()}
    departements = {
        code: make_departement(code=code, nom=nom, region=regions[region])
        for code, (nom, region) in DEPARTEMENTS.items()
    }
    epcis = {siren: make_epci(siren=siren, nom=nom) for siren, nom in EPCIS.items()}
    for code, (nom, departement, epci, latitude, longitude) in COMMUNES.items():
        make_commune(
            code=code, nom=nom, departement=departements[departement], epci=epcis.get(epci),
            latitude=latitude, longitude=longitude,
        )  # fmt: skip
    for code, (nom, latitude, longitude) in ARRONDISSEMENTS.items():
        make_commune(
            code=code, nom=nom, departement=departements["69"], epci=epcis[GRAND_LYON], latitude=latitude,
            longitude=longitude, parente=Commune.objects.get(pk="69123"),
        )  # fmt: skip


def place(*codes):
    return {"lieux": [tuple(code.split("-")) for code in codes]}


def around(code, km, *codes):
    return {"centre": COMMUNES[code][3:], "rayon_km": km} | (place(*codes) if codes else {})


GRENOBLE, ISERE, ARA, FRANCE = "commune-38185", "departement-38", "region-84", "france-"
EPCI_METRO, EPCI_ASTRIDE = f"epci-{METRO}", f"epci-{ASTRIDE}"
TOUTE_ARA, TOUTE_FRANCE = "couvre toute l'Auvergne-Rhône-Alpes", "couvre toute la France"
ELSEWHERE = "14118"  # the seat, where the zone says all

# What is declared, the seat, then for each place what the card says; None: not found.
TABLE = [
    ("a commune", place(GRENOBLE), ELSEWHERE, {
        GRENOBLE: "couvre Grenoble",
        EPCI_METRO: "couvre une commune de Grenoble-Alpes-Métropole",
        ISERE: "couvre une commune de l'Isère",
        ARA: "couvre une commune d'Auvergne-Rhône-Alpes",
        "commune-38151": None, EPCI_ASTRIDE: None, "departement-73": None, "region-28": None,
    }),
    ("an EPCI of one département", place(EPCI_METRO), ELSEWHERE, {
        GRENOBLE: "couvre Grenoble-Alpes-Métropole",
        EPCI_METRO: "couvre Grenoble-Alpes-Métropole",
        ISERE: "couvre 2 communes de l'Isère",
        ARA: "couvre 2 communes d'Auvergne-Rhône-Alpes",
        "commune-38544": None, "departement-69": None,
    }),
    ("an EPCI astride", place(EPCI_ASTRIDE), ELSEWHERE, {
        "commune-38544": "couvre Vienne Condrieu Agglomération",
        EPCI_ASTRIDE: "couvre Vienne Condrieu Agglomération",
        ISERE: "couvre une commune de l'Isère",
        "departement-69": "couvre une commune du Rhône",
        ARA: "couvre 2 communes d'Auvergne-Rhône-Alpes",
        GRENOBLE: None, EPCI_METRO: None, "departement-73": None,
    }),
    ("several communes", place(GRENOBLE, "commune-38544"), ELSEWHERE, {
        GRENOBLE: "couvre Grenoble",
        "commune-38544": "couvre Vienne",
        EPCI_METRO: "couvre une commune de Grenoble-Alpes-Métropole",
        ISERE: "couvre 2 communes de l'Isère",
        "commune-38151": None,
    }),
    ("a département", place(ISERE), ELSEWHERE, {
        GRENOBLE: "couvre toute l'Isère",
        EPCI_METRO: "couvre toute l'Isère",
        EPCI_ASTRIDE: "couvre une commune de Vienne Condrieu Agglomération",
        ISERE: "couvre toute l'Isère",
        ARA: "couvre 3 communes d'Auvergne-Rhône-Alpes",
        "departement-69": None, "commune-69064": None, "region-28": None,
    }),
    ("a département, « le »", place("departement-14"), "38185", {
        "commune-14118": "couvre tout le Calvados",
        "departement-14": "couvre tout le Calvados",
        "region-28": "couvre une commune de Normandie",
        GRENOBLE: None,
    }),
    ("a région", place(ARA), ELSEWHERE, {
        GRENOBLE: TOUTE_ARA, EPCI_METRO: TOUTE_ARA, EPCI_ASTRIDE: TOUTE_ARA, ISERE: TOUTE_ARA, ARA: TOUTE_ARA,
        "region-28": None, "commune-14118": None,
    }),
    ("a radius around a commune of another département", around("73065", 60), ELSEWHERE, {
        GRENOBLE: "à 45\u00a0km de Grenoble (rayon déclaré 60\u00a0km)",
        EPCI_METRO: "couvre Grenoble-Alpes-Métropole",
        ISERE: "couvre 2 communes de l'Isère",
        ARA: "couvre 4 communes d'Auvergne-Rhône-Alpes",
        "departement-73": "couvre toute la Savoie",
        "commune-38544": None, "departement-69": None,
    }),
    ("a radius around a commune of the same département", around("38185", 20), ELSEWHERE, {
        GRENOBLE: "à moins de 1\u00a0km de Grenoble (rayon déclaré 20\u00a0km)",
        "commune-38151": "à 5\u00a0km d'Échirolles (rayon déclaré 20\u00a0km)",
        EPCI_METRO: "couvre Grenoble-Alpes-Métropole",
        ISERE: "couvre 2 communes de l'Isère",
        ARA: "couvre 2 communes d'Auvergne-Rhône-Alpes",
        "commune-73065": None, "departement-73": None,
    }),
    ("the whole country", place(FRANCE), ELSEWHERE, {
        GRENOBLE: TOUTE_FRANCE, EPCI_METRO: TOUTE_FRANCE, ISERE: TOUTE_FRANCE, ARA: TOUTE_FRANCE,
        "commune-97411": TOUTE_FRANCE, "commune-69381": TOUTE_FRANCE,
    }),
    ("nothing, seat inside", None, "38185", {
        GRENOBLE: "siège à Grenoble\u00a0; zone non déclarée",
        EPCI_METRO: "siège à Grenoble\u00a0; zone non déclarée",
        ISERE: "siège à Grenoble\u00a0; zone non déclarée",
        ARA: "siège à Grenoble\u00a0; zone non déclarée",
        "commune-38151": None, "departement-73": None,
    }),
    ("nothing, seat elsewhere", None, ELSEWHERE, {
        GRENOBLE: None, EPCI_METRO: None, ISERE: None, ARA: None,
        "departement-14": "siège à Caen\u00a0; zone non déclarée",
    }),
    ("nothing, seat in an arrondissement", None, "69381", {
        "commune-69381": "siège à Lyon 1er Arrondissement\u00a0; zone non déclarée",
        "commune-69123": "siège à Lyon 1er Arrondissement\u00a0; zone non déclarée",
        "departement-69": "siège à Lyon 1er Arrondissement\u00a0; zone non déclarée",
        "commune-69382": None,
    }),
    ("an arrondissement", place("commune-69381"), ELSEWHERE, {
        "commune-69381": "couvre Lyon 1er Arrondissement",
        "commune-69123": "couvre une partie de Lyon",
        f"epci-{GRAND_LYON}": "couvre une partie de la métropole de Lyon",
        "departement-69": "couvre une partie du Rhône",
        "commune-69382": None,
    }),
    ("every arrondissement", place("commune-69381", "commune-69382"), ELSEWHERE, {
        "commune-69123": "couvre Lyon",
        "commune-69382": "couvre Lyon 2e Arrondissement",
        "departement-69": "couvre une commune du Rhône",
    }),
    ("a city of arrondissements", place("commune-69123"), ELSEWHERE, {
        "commune-69381": "couvre Lyon",
        "commune-69123": "couvre Lyon",
        f"epci-{GRAND_LYON}": "couvre une commune de la métropole de Lyon",
    }),
    ("Corse-du-Sud", place("departement-2A"), ELSEWHERE, {
        "commune-2A004": "couvre toute la Corse-du-Sud",
        "departement-2A": "couvre toute la Corse-du-Sud",
        "region-94": "couvre une commune de Corse",
        "commune-2B033": None, "departement-2B": None,
    }),
    ("overseas", place("departement-974"), ELSEWHERE, {
        "commune-97411": "couvre toute La Réunion",
        "departement-974": "couvre toute La Réunion",
        "region-04": "couvre toute La Réunion",
        GRENOBLE: None,
    }),
    ("a commune and a radius", around("38185", 20, "commune-38544"), ELSEWHERE, {
        "commune-38544": "couvre Vienne",
        GRENOBLE: "à moins de 1\u00a0km de Grenoble (rayon déclaré 20\u00a0km)",
        ISERE: "couvre toute l'Isère",
        EPCI_ASTRIDE: "couvre une commune de Vienne Condrieu Agglomération",
        ARA: "couvre 3 communes d'Auvergne-Rhône-Alpes",
    }),
    ("two départements, astride their EPCI", place(ISERE, "departement-69"), ELSEWHERE, {
        EPCI_ASTRIDE: "couvre Vienne Condrieu Agglomération",
        ARA: "couvre 6 communes d'Auvergne-Rhône-Alpes",
        GRENOBLE: "couvre toute l'Isère",
        "departement-73": None,
    }),
]  # fmt: skip
CELLS = [
    pytest.param(zone, seat, where, said, id=f"{name} from {where}")
    for name, zone, seat, expected in TABLE
    for where, said in expected.items()
]


def settle(zone, seat, secteur=None):
    commune = Commune.objects.get(pk=seat)
    structure = make_structure(
        commune=commune, departement=commune.departement, ville=commune.nom,
        latitude=commune.latitude, longitude=commune.longitude,
    )  # fmt: skip
    made = make_zone(**zone) if zone else None
    make_activite(structure=structure, zone=made, **({"secteur": secteur} if secteur else {}))
    return structure


def ask(*lieux, **criteria):
    """Structure → reasons."""
    question = Question(lieux=tuple(from_parametre(lieu.removesuffix("-")) for lieu in lieux), **criteria)
    found = tuple(search(Structure.objects.listed(), question).values_list("pk", flat=True))
    cards = Structure.objects.in_bulk(found)
    return {cards[reponse.structure.pk]: reponse.raisons for reponse in answers(lignes(found), question)}


def test_the_table_is_large_enough():
    assert len(CELLS) >= 100


@pytest.mark.parametrize(("zone", "seat", "where", "said"), CELLS)
def test_cell(france, zone, seat, where, said):
    structure = settle(zone, seat)
    assert ask(where) == ({structure: [said]} if said else {})
    assert ask("france") == {structure: []}


def test_cells_hold_once_everything_is_recomputed(france):
    settled = [(settle(zone, seat), expected) for _, zone, seat, expected in TABLE]
    refresh_all()
    for structure, expected in settled:
        for where, said in expected.items():
            assert ask(where).get(structure) == ([said] if said else None), (structure, where)
            if structure.activites.get().zone:
                found = zones_of(from_parametre(where.removesuffix("-"))).filter(activites__structure=structure)
                assert found.exists() is (said is not None)


def test_several_places_say_which_one(france):
    isere, caen = settle(place(ISERE), "14118"), settle(None, "14118")
    settle(place("commune-27229"), "27229")
    assert ask(GRENOBLE, "departement-14") == {
        isere: ["couvre toute l'Isère"], caen: ["siège à Caen\u00a0; zone non déclarée"],
    }  # fmt: skip


def test_a_radius_is_counted_from_the_seat(france):
    """« rayon » asks who is near: the declared zone says where they go, and is left for the search without radius."""
    near, far = settle(place("region-28"), "38151"), settle(place(GRENOBLE), "14118")
    assert ask(GRENOBLE, rayon_km=20) == {near: ["siège à 5\u00a0km de Grenoble"]}
    assert ask(GRENOBLE) == {far: ["couvre Grenoble"]}
    assert ask(GRENOBLE, "commune-14118", rayon_km=20) == {
        near: ["siège à 5\u00a0km de Grenoble"], far: ["siège à moins de 1\u00a0km de Caen"],
    }  # fmt: skip


def test_trade_and_place_are_matched_on_one_activity(france):
    secteur, other = make_secteur(), make_secteur()
    structure = settle(place(ISERE), "14118", secteur)
    make_activite(structure=structure, secteur=other, zone=make_zone(**place("departement-73")))
    assert ask(ISERE, secteurs=(secteur,)) == {structure: ["couvre toute l'Isère"]}
    assert ask(ISERE, secteurs=(other,)) == {}
    assert ask(ISERE, secteurs=(secteur, other)) == {structure: ["couvre toute l'Isère"]}


def test_two_activities_give_two_reasons_at_most(france):
    structure = settle(place(GRENOBLE), "14118")
    for code in ("38151", "38544", "38185"):
        make_activite(structure=structure, zone=make_zone(**place(f"commune-{code}", "departement-73")))
    assert ask(ISERE) == {structure: ["couvre une commune de l'Isère"]}
    make_activite(structure=structure, zone=make_zone(**place(FRANCE)))
    make_activite(structure=structure, zone=make_zone(**place(EPCI_METRO)))
    assert len(ask(ISERE)[structure]) == 2


places = st.sampled_from(
    [("commune", code) for code in (*COMMUNES, *ARRONDISSEMENTS)]
    + [("epci", siren) for siren in EPCIS]
    + [("departement", code) for code in DEPARTEMENTS]
    + [("region", code) for code in REGIONS]
    + [("france", "")]
)
circles = st.none() | st.tuples(st.sampled_from(list(COMMUNES)), st.integers(1, 400))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(declared=st.lists(places, max_size=4), circle=circles)
def test_a_zone_is_found_by_every_commune_it_holds_and_by_what_holds_them(france, declared, circle):
    if not declared and circle is None:
        return
    centre = COMMUNES[circle[0]][3:] if circle else None
    structure = settle({"lieux": declared, "centre": centre, "rayon_km": circle and circle[1]}, "14118")
    geography = Geography.read()
    whole, partly = geography.covered(declared, (*centre, circle[1]) if circle else None)
    for code in whole | partly:
        epci, departement, region = geography.holders[code]
        holders = {"epci": epci, "departement": departement, "region": region, "commune": code}
        for niveau, holder in holders.items():
            if holder:
                assert ask(f"{niveau}-{holder}").get(structure), (niveau, holder)
    for code in COMMUNES.keys() - whole - partly:
        assert structure not in ask(f"commune-{code}")
