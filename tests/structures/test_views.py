"""The directory as visitors see it."""

import re
from datetime import date
from urllib.parse import parse_qs, urlencode

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from structures.enums import Kind, Mode, Origine
from structures.models import Structure
from structures.search_index import reindex
from structures.stats import by_departement, by_kind, by_sector, total
from structures.zones import make_zone
from tests.factories import make_activite, make_commune, make_membre, make_organisation, make_structure, make_user
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
LIST = reverse("structures:list")


@pytest.fixture
def country(db):
    return make_country()


def found(client, **parameters):
    """Names on the page, in order."""
    response = client.get(LIST, parameters)
    assert response.status_code == 200
    return [reponse.structure.nom for reponse in response.context["reponses"]]


def reasons(client, **parameters):
    response = client.get(LIST, parameters)
    return {reponse.structure.nom: reponse.raisons for reponse in response.context["reponses"]}


def settle(nom, commune, secteur=None, zone=None, **given):
    """A structure seated in a commune, with one activity when a sector is given, ready to be searched."""
    mode = given.pop("mode", Mode.PRESTATION)
    structure = make_structure(
        nom=nom, commune=commune, departement=commune.departement, ville=commune.nom,
        latitude=commune.latitude, longitude=commune.longitude, **given,
    )  # fmt: skip
    if secteur:
        make_activite(structure=structure, secteur=secteur, mode=mode, zone=make_zone(**zone) if zone else None)
    reindex([structure.pk])
    return structure


# Words --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("words", ["espaces verts", "espace vert", "ESPACES  VERTS", "tonte", "jardinage Caen"])
def test_words_find_by_stems_synonyms_and_place(client, country, words):
    settle("Les Jardins", country.caen, country.entretien)
    settle("La Lessive", country.evreux, country.proprete, kind=Kind.AI)
    assert found(client, q=words) == ["Les Jardins"]


def test_a_mistyped_word_is_corrected_and_said(client, country):
    settle("La Lessive", country.caen, country.proprete)
    response = client.get(LIST, {"q": "netoyage"})
    assert [reponse.structure.nom for reponse in response.context["reponses"]] == ["La Lessive"]
    assert response.context["annuaire"].question.corrected == {"netoyage": "nettoyage"}
    assert "Aucun résultat pour «&nbsp;netoyage&nbsp;»" in response.content.decode()
    assert [puce.libelle for puce in response.context["puces"]] == ["«\u00a0nettoyage\u00a0»"]


def test_a_name_found_as_typed_comes_first(client, country):
    settle("Association des Jardins de Caen", country.caen)
    settle("Zinnia Jardins", country.caen)
    settle("Caen Jardins", country.caen)
    assert found(client, q="caen jardins") == ["Caen Jardins", "Association des Jardins de Caen", "Zinnia Jardins"]


def test_siret_and_siren_with_spaces(client, country):
    one = settle("Les Jardins", country.caen)
    settle("Autre", country.caen)
    siret = one.organisation.identifiant
    assert found(client, q=f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}") == ["Les Jardins"]
    assert found(client, q=siret[:9]) == ["Les Jardins"]
    assert found(client, q="000 000 000") == []


# Sector, mode, kind --------------------------------------------------------------------------------------------------
def test_a_family_matches_its_children(client, country):
    settle("Les Jardins", country.caen, country.entretien)
    assert found(client, secteur="jardins") == found(client, secteur="jardins.entretien") == ["Les Jardins"]
    assert found(client, secteur="proprete") == []


def test_prestation_also_shows_associations_intermediaires(client, country):
    settle("AI", country.caen, country.proprete, kind=Kind.AI, mode=Mode.MISE_A_DISPOSITION)
    settle("ETTI", country.caen, country.proprete, kind=Kind.ETTI, mode=Mode.MISE_A_DISPOSITION)
    assert found(client, mode="prestation") == ["AI"]
    assert reasons(client, mode="prestation") == {"AI": ["par mise à disposition de personnel"]}
    assert found(client, mode="mise_a_disposition") == ["AI", "ETTI"]


def test_kinds_add_up(client, country):
    for kind in (Kind.EI, Kind.ESAT, Kind.GEIQ):
        settle(f"Une {kind}", country.caen, kind=kind)
    assert found(client, kind=["EI", "ESAT"]) == ["Une EI", "Une ESAT"]


# Place ---------------------------------------------------------------------------------------------------------------
def test_a_radius_around_a_commune_without_position_is_said(client, country):
    make_commune(code="98818", nom="Nouméa", nom_tri="noumea", departement=country.eure, latitude=None, longitude=None)
    page = client.get(LIST, {"ou": "Nouméa", "rayon": 30}).content.decode()
    assert "La position de Nouméa n&#x27;est pas connue\u00a0: la recherche porte sur toute la commune." in page


def test_radius_gives_distances_nearest_first(client, country):
    settle("À Caen", country.caen)
    settle("À Ifs", country.ifs)
    settle("À Évreux", country.evreux)
    assert reasons(client, ou="Caen", rayon=30) == {
        "À Caen": ["siège à moins de 1\u00a0km de Caen"],
        "À Ifs": ["siège à 5\u00a0km de Caen"],
    }
    assert found(client, ou="Ifs", rayon=30) == ["À Ifs", "À Caen"]
    assert found(client, ou="Évreux", rayon=300) == ["À Évreux", "À Ifs", "À Caen"]


@pytest.mark.parametrize(
    ("zone", "place", "reason"),
    [
        ({"lieux": [("departement", "14")]}, "Calvados", "couvre tout le Calvados"),
        ({"lieux": [("departement", "14")]}, "Caen", "couvre tout le Calvados"),
        ({"lieux": [("commune", "14118")]}, "Calvados", "couvre une commune du Calvados"),
        ({"lieux": [("commune", "14118")]}, "Caen", "couvre Caen"),
        ({"lieux": [("region", "28")]}, "Normandie", "couvre toute la Normandie"),
        ({"lieux": [("france", "")]}, "Caen", "couvre toute la France"),
        ({"centre": (49.0, -0.4), "rayon_km": 40}, "Caen", "à 20\u00a0km de Caen (rayon déclaré 40\u00a0km)"),
        (None, "Calvados", "siège à Lisieux\u00a0; zone non déclarée"),
    ],
)
def test_a_card_says_why(client, country, zone, place, reason):
    settle("Les Jardins", country.lisieux, country.entretien, zone)
    assert reasons(client, ou=place) == {"Les Jardins": [reason]}


def test_a_declared_zone_counts_more_than_the_seat(client, country):
    settle("Ailleurs", country.caen, country.entretien, {"lieux": [("departement", "27")]})
    assert found(client, ou="Caen") == []
    assert found(client, ou="Évreux") == ["Ailleurs"]


def test_a_structure_without_activity_is_found_by_its_seat(client, country):
    settle("Muette", country.caen)
    assert found(client, ou="Caen") == found(client, ou="Calvados") == found(client, ou="Caen la mer") == ["Muette"]
    assert found(client, ou="Caen", secteur="jardins") == []


def test_trade_mode_and_place_are_matched_on_one_activity(client, country):
    structure = settle("Deux métiers", country.paris, country.entretien, {"lieux": [("departement", "14")]})
    make_activite(structure=structure, secteur=country.proprete, zone=make_zone(lieux=[("departement", "27")]))
    assert found(client, ou="Caen", secteur="jardins") == ["Deux métiers"]
    assert found(client, ou="Évreux", secteur="jardins") == []
    assert found(client, ou="Évreux", secteur="proprete") == ["Deux métiers"]
    assert found(client, ou="Évreux", secteur="proprete", mode="fabrication") == []


def test_arrondissements_are_in_their_commune(client, country):
    settle("Du dixième", country.paris10)
    assert found(client, ou="Paris") == found(client, ou="75") == found(client, lieu="commune-75110") == ["Du dixième"]


def test_an_ambiguous_place_is_said_with_the_others(client, country):
    page = client.get(LIST, {"ou": "saint-etienne"}).content.decode()
    assert "Plusieurs lieux répondent à ce que vous avez écrit" in page
    assert "lieu=commune-27561" in page


# The page -------------------------------------------------------------------------------------------------------------
def test_only_published_current_structures_are_listed(client, country):
    shown = settle("Visible", country.caen)
    settle("Cachée", country.caen, publiee=False)
    settle("Remplacée", country.caen, remplacee_par=shown)
    assert found(client) == ["Visible"]


def test_the_empty_page_proposes_the_next_step(client, country):
    page = client.get(LIST, {"ou": "Caen", "rayon": 20, "secteur": "jardins", "kind": "SEP"}).content.decode()
    assert "Aucune structure ne répond" in page
    assert "Élargir le rayon à 40\u00a0km" in page
    assert "Chercher dans tous les secteurs" in page


def test_active_filters_can_be_taken_away_one_by_one(client, country):
    response = client.get(LIST, {"q": "tonte", "ou": "Caen", "rayon": 20, "kind": ["EI", "AI"], "page": 3})
    puces = {puce.libelle: puce.url for puce in response.context["puces"]}
    assert list(puces) == [
        "«\u00a0tonte\u00a0»",
        "20\u00a0km autour de Caen",
        "Entreprise d'insertion",
        "Association intermédiaire",
    ]
    assert puces["«\u00a0tonte\u00a0»"] == "?ou=Caen&rayon=20&kind=EI&kind=AI"
    assert puces["Entreprise d'insertion"] == "?q=tonte&ou=Caen&rayon=20&kind=AI"


def test_map_counts_the_whole_result_by_seat(client, country):
    for number in range(25):
        settle(f"Structure {number:02}", country.caen)
    response = client.get(LIST, {"vue": "carte"})
    row = r'<tr><th scope="row"><button name="ou" value="([^"]*)">([^<]*)</button></th><td>([^<]*)</td>'
    assert re.findall(row, response.content.decode()) == [("14", "Calvados (14)", "25")]


def test_a_map_kept_near_is_that_of_its_search(client, country, settings):
    near = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "proche-essai"}
    settings.CACHES = settings.CACHES | {"proche": near}
    settle("Jardins", country.caen)
    settle("Jardins", country.evreux)
    for asked, links in [({}, 2), ({"kind": "EI"}, 2), ({"s": "1"}, 2), ({"ou": "Caen"}, 1), ({}, 2)]:
        for _ in range(2):
            page = client.get(LIST, asked | {"vue": "carte"}).content.decode()
            assert page.count('<th scope="row"><button name="ou"') == links
            form = page[page.rindex("<form", 0, page.index('<button name="ou"')) : page.index('<button name="ou"')]
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w*)">', form))
            assert fields == {name: value for name, value in asked.items() if name != "ou"} | {"vue": "carte"}
            assert ("Par département</h2>" in page) == ("ou" in asked)


def test_htmx_gets_the_results_alone(client, country):
    settle("Visible", country.caen)
    page = client.get(LIST, headers={"HX-Request": "true"}).content.decode()
    assert "Visible" in page
    assert "<html" not in page


@pytest.mark.parametrize(
    "parameters",
    [
        {"page": "9" * 30},
        {"page": "-1"},
        {"q": "a\x00b"},
        {"q": "x" * 5000},
        {"q": "%_'\\\"&|!()"},
        {"ou": "\x00"},
        {"ou": "zzzz"},
        {"secteur": "zzz"},
        {"rayon": "-5", "ou": "Caen"},
        {"rayon": "1" + "0" * 9, "ou": "Caen"},
        {"rayon": "9" * 5000},
        {"rayon": "20"},
        {"rayon": "20", "ou": "Calvados"},
        {"lieu": "xxx"},
        {"lieu": "commune-\x00"},
        {"kind": "ZZ"},
        {"mode": "zz"},
        {"reseau": "inconnu"},
        {"vue": "zz"},
    ],
)
def test_bad_input_gets_a_page(client, country, parameters):
    settle("Visible", country.caen)
    assert client.get(LIST, parameters).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rayon": "-5"}, "de 1 à 300"),
        ({"secteur": "zzz"}, "choisissez une autre valeur"),
        ({"lieu": "xxx"}, "Aucun lieu connu"),
        ({"ou": "zzzz"}, "Aucun lieu connu"),
        ({"rayon": "20", "ou": "Calvados"}, "tout le Calvados"),
        ({"rayon": "20"}, "autour d&#x27;une commune"),
    ],
)
def test_bad_input_is_said(client, country, parameters, message):
    assert message in client.get(LIST, parameters).content.decode()


@pytest.mark.parametrize(
    "parameters", [{}, {"ou": "Caen"}, {"ou": "Caen", "rayon": 50}, {"secteur": "jardins", "q": "jardin"}]
)
def test_query_count_does_not_grow(client, country, parameters, django_assert_num_queries):
    def more(number):
        for _ in range(number):
            settle(f"Jardin {number}", country.caen, country.entretien, {"lieux": [("departement", "14")]})

    more(1)
    with CaptureQueriesContext(connection) as one:
        client.get(LIST, parameters)  # with its form and its counts, kept a minute
    more(9)
    cache.clear()
    with django_assert_num_queries(len(one)):
        client.get(LIST, parameters)


def test_twenty_cards_weigh_less_than_60_kb(client, country):
    for number in range(20):
        settle(f"Une structure au nom assez long pour ressembler à une vraie {number}", country.caen, country.entretien)
    assert len(client.get(LIST, {"ou": "Caen"}).content) < 60_000


# One structure --------------------------------------------------------------------------------------------------------
def test_detail_says_what_is_known(client, country):
    structure = settle("Les Jardins", country.caen, country.entretien, {"lieux": [("departement", "14")]}, capacite=60)
    structure.activites.update(origine=Origine.DEDUITE)
    page = client.get(structure.get_absolute_url()).content.decode()
    for text in ("Les Jardins", "Calvados", "déduit du code d’activité", "60 places", "L. 5132-5", "rayon=20"):
        assert text in page


def test_detail_says_an_expired_convention(client, country):
    structure = settle("Les Jardins", country.caen, convention_fin=date(2022, 12, 31))
    assert "31/12/2022" in client.get(structure.get_absolute_url()).content.decode()


def test_a_wrong_slug_and_a_replaced_structure_lead_to_the_right_page(client, country):
    structure = settle("Les Jardins", country.caen)
    response = client.get(reverse("structures:detail", args=[structure.pk, "autre"]))
    assert (response.status_code, response.url) == (301, structure.get_absolute_url())
    old = settle("Vieux Jardins", country.caen, remplacee_par=structure, publiee=False)
    response = client.get(old.get_absolute_url())
    assert (response.status_code, response.url) == (301, structure.get_absolute_url())


def test_an_unpublished_structure_is_for_its_members(client, country):
    organisation = make_organisation()
    structure = settle("Cachée", country.caen, organisation=organisation, publiee=False)
    assert client.get(structure.get_absolute_url()).status_code == 404
    user = make_user()
    make_membre(user=user, organisation=organisation, role="structure")
    client.force_login(user)
    assert client.get(structure.get_absolute_url()).status_code == 200


def test_no_structure_without_siret_leaks_to_visitors(client, country):
    hidden = settle("Sans SIRET", country.caen, identifiant_source="140000001", kind=Kind.ESAT, publiee=False)
    assert hidden.organisation is None
    assert client.get(hidden.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("pk", ["999999", "9" * 18])
def test_unknown_structure_is_not_found(client, pk):
    assert client.get(f"/structures/{pk}-rien/").status_code == 404


def test_detail_query_count_does_not_grow(client, country, django_assert_num_queries):
    structure = settle("Les Jardins", country.caen, country.entretien, {"lieux": [("departement", "14")]})
    with CaptureQueriesContext(connection) as one:
        client.get(structure.get_absolute_url())
    for secteur in (country.jardins, country.proprete):
        make_activite(structure=structure, secteur=secteur, zone=make_zone(lieux=[("departement", "27")]))
    with django_assert_num_queries(len(one)):
        client.get(structure.get_absolute_url())


# Counts -------------------------------------------------------------------------------------------------------------
def test_stats(country):
    settle("A", country.caen, country.entretien)
    settle("B", country.evreux, country.entretien, kind=Kind.AI)
    settle("C", country.caen, publiee=False)
    assert by_departement(Structure.objects.listed()) == {"14": 1, "27": 1}
    assert by_kind() == {"EI": 1, "AI": 1}
    assert by_sector() == {country.entretien.pk: 2}
    assert total() == 2


def test_a_mistyped_place_is_corrected_and_said(client, country):
    settle("La Lessive", country.caen)
    response = client.get(LIST, {"ou": "Caenn"})
    assert [reponse.structure.nom for reponse in response.context["reponses"]] == ["La Lessive"]
    assert any("Caenn" in said and "porte sur Caen" in said for said in response.context["annuaire"].avis)


def test_a_search_leads_to_the_potential_of_the_same_need(client, country):
    settle("La Lessive", country.caen, country.proprete)
    asked = {"ou": "Calvados", "secteur": "proprete", "mode": "prestation"}
    response = client.get(LIST, asked)
    url = response.context["potentiel"]
    assert url == f"{reverse('structures:potentiel')}?secteur=proprete&lieu=departement-14&mode=prestation"
    found = client.get(url).context["potentiel"]
    assert found.total == response.context["count"] == 1
    assert client.get(LIST).context["potentiel"] == ""


# Places typed among the words ----------------------------------------------------------------------------------------
def proposed(response):
    return {puce.libelle.replace("\u00a0", " "): parse_qs(puce.url[1:]) for puce in response.context["propositions"]}


@pytest.mark.parametrize(
    ("words", "label", "address"),
    [
        ("lessive caen", "Chercher « lessive » à Caen", {"q": ["lessive"], "lieu": ["commune-14118"]}),
        ("Lessive à Évreux", "Chercher « lessive » à Évreux", {"q": ["lessive"], "lieu": ["commune-27229"]}),
        (
            "Lessive dans le Calvados",
            "Chercher « lessive » dans le Calvados",
            {"q": ["lessive"], "lieu": ["departement-14"]},
        ),
        ("calvados lessive", "Chercher « lessive » dans le Calvados", {"q": ["lessive"], "lieu": ["departement-14"]}),
    ],
)
def test_a_place_typed_among_the_words_is_proposed_where_places_go(client, country, words, label, address):
    settle("La Lessive", country.paris, country.proprete, zone={"lieux": [("france", "")]})
    response = client.get(LIST, {"q": words})
    assert response.context["count"] == 0
    assert next(iter(proposed(response).items())) == (label, address)
    assert client.get(f"{LIST}?{urlencode(address, doseq=True)}").context["count"] == 1


def test_a_place_is_never_corrected_into_another_word(client, country):
    """Nobody sits at Lisieux: it is not a mistake for « lisieu », which the directory knows."""
    settle("Les Jardins de Lisieu", country.caen, country.entretien)
    response = client.get(LIST, {"q": "jardins lisieux"})
    assert response.context["annuaire"].question.corrected == {}
    assert "Aucun résultat pour" not in response.content.decode()
    assert "Chercher « jardins » à Lisieux" in proposed(response)


def test_a_correction_that_finds_nothing_is_not_said(client, country):
    settle("La Lessive", country.caen, country.proprete)
    response = client.get(LIST, {"q": "netoyage", "kind": "ESAT"})
    assert response.context["count"] == 0
    assert "Aucun résultat pour" not in response.content.decode()


def test_the_order_in_force_is_marked(client, country):
    settle("La Lessive", country.caen, country.proprete)
    orders = {said: current for said, _, current in client.get(LIST).context["tris"]}
    assert orders == {"Pertinence": True, "Nom": False, "Données les plus récentes": False}
    near = {said: current for said, _, current in client.get(LIST, {"ou": "Caen"}).context["tris"]}
    assert [said for said, current in near.items() if current] == ["Distance"]


def test_an_unknown_number_leads_to_the_check_of_suppliers(client, country):
    page = client.get(LIST, {"q": "552 100 554 00013"}).content.decode()
    assert "/structures/fournisseurs/?numero=552%20100%20554%2000013" in page
    assert "vérifiez ce fournisseur" not in client.get(LIST, {"q": "introuvable"}).content.decode()
