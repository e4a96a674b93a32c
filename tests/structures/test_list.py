"""The list of the directory: criteria, counts beside them, addresses, the map, structures side by side."""

import re
from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from structures.directory import facettes
from structures.enums import Kind, Mode
from structures.filters import Adresse, StructureFilter, cle
from structures.models import GroupeEconomique, Label, LabelObtenu, Structure
from structures.presentation import carte_locale, comparaison
from structures.search_index import reindex
from structures.templatetags.carte import carte
from structures.templatetags.carte import names as departements
from structures.zones import make_zone
from tests.factories import make_activite, make_reseau, make_structure
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
LIST, COMPARE = reverse("structures:list"), reverse("structures:comparer")


@pytest.fixture
def country(db):
    return make_country()


def settle(nom, commune, secteur=None, zone=None, mode=Mode.PRESTATION, **given):
    structure = make_structure(
        nom=nom, commune=commune, departement=commune.departement, ville=commune.nom,
        latitude=commune.latitude, longitude=commune.longitude, **given,
    )  # fmt: skip
    if secteur:
        make_activite(structure=structure, secteur=secteur, mode=mode, zone=make_zone(**zone) if zone else None)
    return structure


@pytest.fixture
def mixed(country):
    """Structures that differ by every criterion that is counted."""
    today = timezone.localdate()
    groupe = GroupeEconomique.objects.create(nom="Groupe")
    nord, sud = make_reseau(nom="Nord", slug="nord"), make_reseau(nom="Sud", slug="sud")
    vert, rse = (Label.objects.create(code=code, nom=code.upper(), ordre=1) for code in ("vert", "rse"))
    calvados = {"lieux": [("departement", "14")]}
    one = settle("Jardins A", country.caen, country.entretien, calvados, kind=Kind.EI, siege_qpv=True, a_cotraite=True)
    two = settle("Jardins B", country.caen, country.entretien, None, kind=Kind.ESAT, groupe=groupe, siege_zrr=True,
                 titulaire_depuis=today - timedelta(days=900), titulaire_jusqu_au=today + timedelta(9))  # fmt: skip
    settle("Jardins C", country.lisieux, country.entretien, calvados, Mode.MISE_A_DISPOSITION, kind=Kind.AI,
                   formes_commande_publique=2, titulaire_depuis=today - timedelta(days=900))  # fmt: skip
    four = settle("Lavage D", country.evreux, country.proprete, {"lieux": [("france", "")]}, Mode.FABRICATION,
                  kind=Kind.EA, capacite=40, mois_creux=0b11)  # fmt: skip
    five = settle("Lavage E", country.paris, country.proprete, kind=Kind.GEIQ, effectif=12)
    make_activite(structure=five, secteur=country.entretien, mode=Mode.MISE_A_DISPOSITION)
    settle("Muette F", country.ifs, kind=Kind.SEP)
    settle("Cachée", country.caen, country.entretien, calvados, kind=Kind.EI, publiee=False, siege_qpv=True)
    one.reseaux.add(nord, sud)
    two.reseaux.add(nord)
    four.reseaux.add(sud)
    for structure, label, end in ((one, vert, None), (two, vert, today), (two, rse, today - timedelta(days=1)),
                                  (four, rse, None)):  # fmt: skip
        LabelObtenu.objects.create(structure=structure, label=label, valable_jusqu_au=end)
    reindex()
    return country


def names(client, query):
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return {reponse.structure.nom for reponse in response.context["reponses"]}


# Criteria -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("famille=handicap", {"Jardins B", "Lavage D"}),
        ("famille=insertion", {"Jardins A", "Jardins C", "Lavage E"}),
        ("reservable=insertion", {"Jardins A", "Jardins C"}),
        ("reservable=les_deux", {"Jardins A", "Jardins B", "Jardins C", "Lavage D"}),
        ("reseau=nord", {"Jardins A", "Jardins B"}),
        ("reseau=nord&reseau=sud", {"Jardins A", "Jardins B", "Lavage D"}),
        ("label=vert", {"Jardins A", "Jardins B"}),
        ("label=rse", {"Lavage D"}),
        ("ges=1", {"Jardins B"}),
        ("a_cotraite=1", {"Jardins A"}),
        ("titulaire=tient", {"Jardins B"}),
        ("titulaire=a_tenu", {"Jardins B", "Jardins C"}),
        ("mise_a_disposition=1", {"Jardins C", "Lavage E"}),
        ("capacite_min=40", {"Lavage D"}),
        ("capacite_min=41", set()),
        ("effectif_min=10&effectif_max=12", {"Lavage E"}),
        ("mois=1&mois=2", {"Lavage D"}),
        ("mois=1&mois=3", set()),
        ("formee=1", {"Jardins C"}),
        ("qpv=1", {"Jardins A"}),
        ("zrr=oui", {"Jardins B"}),
        ("secteur=jardins&secteur=proprete", {"Jardins A", "Jardins B", "Jardins C", "Lavage D", "Lavage E"}),
        ("ou=Ifs+%3B+Paris", {"Jardins A", "Jardins C", "Lavage D", "Lavage E", "Muette F"}),
        ("lieu=commune-75056&ou=Ifs", {"Jardins A", "Jardins C", "Lavage D", "Lavage E", "Muette F"}),
        ("lieu=commune-75056&lieu=departement-27", {"Lavage D", "Lavage E"}),
        ("ou=Caen&ou=Paris&rayon=3", {"Jardins A", "Jardins B", "Lavage E"}),
        ("kind=EI&kind=EA", {"Jardins A", "Lavage D"}),
        ("mode=fabrication&reseau=sud", {"Lavage D"}),
    ],
)
def test_each_criterion(client, mixed, query, expected):
    assert names(client, query) == expected


def test_orders(client, mixed):
    def order(query):
        return [reponse.structure.nom for reponse in client.get(f"{LIST}?{query}").context["reponses"]]

    Structure.objects.filter(nom="Muette F").update(rang=999, verifiee_le=timezone.localdate())
    assert order("tri=nom") == sorted(order(""))
    assert order("")[0] == order("tri=recent")[0] == "Muette F"
    assert order("ou=Lisieux")[0] == "Jardins C"
    assert order("ou=Lisieux&tri=nom")[0] == "Jardins A"


# Counts -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=jardins",
        "q=jardin",
        "kind=EI&kind=ESAT",
        "kind=EI&reseau=nord&label=vert",
        "famille=handicap&qpv=1",
        "ou=Caen&secteur=jardins",
        "ou=Calvados&mode=prestation&titulaire=a_tenu",
        "reservable=les_deux&mise_a_disposition=1&mois=1",
        "q=netoyage",
    ],
)
def test_every_count_is_that_of_the_search_it_stands_for(client, mixed, query):
    annuaire = StructureFilter(QueryDict(query), queryset=Structure.objects.listed())
    if query == "q=netoyage":
        assert annuaire.corrected() is not None
    counts = facettes.count(Structure.objects.listed(), annuaire.question, timezone.localdate())
    assert counts.total == len(names(client, query)) == sum(counts.departements.values())
    checked = 0
    for parametre in ("kind", "famille", "reservable", "titulaire", "mode", "reseau", "label", "mise_a_disposition",
                      "a_cotraite", "formee", "ges", "qpv", "zrr"):  # fmt: skip
        values = {"reseau": ["nord", "sud"], "label": ["vert", "rse"]}.get(parametre) or counts.choix[parametre]
        for value in values:
            data = QueryDict(query, mutable=True)
            data.setlist(parametre, [value])
            if annuaire.question.corrected:
                data["q"] = annuaire.question.words
            found = StructureFilter(data, queryset=Structure.objects.listed()).qs.count()
            assert counts.choix[parametre].get(value, 0) == found, (parametre, value)
            checked += 1
    assert checked == 10 + 2 + 3 + 2 + 3 + 2 + 2 + 6


def test_counts_cost_the_same_for_any_number_of_choices(mixed, django_assert_max_num_queries):
    question = StructureFilter(QueryDict("kind=EI&ou=Caen"), queryset=Structure.objects.all()).question
    with django_assert_max_num_queries(8):
        facettes.count(Structure.objects.listed(), question, timezone.localdate())


def test_counts_are_on_the_page(client, mixed):
    page = client.get(f"{LIST}?ges=1").content.decode()
    assert "Établissement ou service d&#x27;accompagnement par le travail (ESAT) <span>1</span>" in page
    assert 'value="nord"> Nord <span>1</span>' in page
    assert "Handicap (1)" in page


def test_results_are_never_kept(client, mixed):
    assert names(client, "kind=SEP") == {"Muette F"}
    settle("Nouvelle", mixed.caen, kind=Kind.SEP)
    response = client.get(f"{LIST}?kind=SEP")
    assert {reponse.structure.nom for reponse in response.context["reponses"]} == {"Muette F", "Nouvelle"}
    assert "2 structures" in response.content.decode()
    Structure.objects.filter(kind=Kind.SEP).update(publiee=False)
    assert names(client, "kind=SEP") == set()


def test_a_last_page_that_emptied_gives_the_one_before(client, country):
    for number in range(21):
        settle(f"Structure {number:02}", country.caen)
    assert len(names(client, "page=2")) == 1
    Structure.objects.filter(nom="Structure 20").update(publiee=False)
    assert len(names(client, "page=2")) == 20


# What is said --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("kind=ZZ&kind=EI", "«\u00a0ZZ\u00a0»"),
        ("famille=autre", "Famille\u00a0: «\u00a0autre\u00a0»"),
        ("reseau=inconnu", "«\u00a0inconnu\u00a0»"),
        ("label=inconnu", "«\u00a0inconnu\u00a0»"),
        ("ges=peut-etre", "«\u00a0peut-etre\u00a0»"),
        ("mois=13", "«\u00a013\u00a0»"),
        ("tri=hasard", "«\u00a0hasard\u00a0»"),
        ("capacite_min=beaucoup", "un nombre entier de places, de 0 à 100\u202f000"),
        ("effectif_min=-1", "«\u00a0-1\u00a0»"),
        ("effectif_max=" + "9" * 400, "nombre entier"),
        ("completude_min=101", "de 0 à 100"),
        ("effectif_min=10&effectif_max=2", "dépasse l&#x27;effectif maximal"),
        ("tri=distance", "demande une seule commune"),
        ("ou=Caen+%3B+zzzzzz", "Il n&#x27;a pas été pris en compte"),
        ("q=" + "x" * 300, "s&#x27;arrête à 200 caractères"),
        ("titulaire=%00", ""),
        ("s=abc&s=99999999999999999999999", ""),
        ("mois=1%00&kind=%00EI", ""),
        ("ou=" + "Caen;" * 200, ""),
    ],
)
def test_what_is_left_out_is_said(client, mixed, query, said):
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    assert said in response.content.decode()
    assert client.get(f"{LIST}?{query}&vue=carte").status_code == 200


def test_right_values_stay_beside_wrong_ones(client, mixed):
    assert names(client, "kind=ZZ&kind=EI") == {"Jardins A"}


def test_cards_say_what_matters(client, mixed):
    Structure.objects.filter(nom="Jardins A").update(convention_fin=date(2020, 1, 31), donnees_du=date(2019, 5, 1))
    page = client.get(f"{LIST}?kind=EI&ou=Lisieux").content.decode()
    for text in (
        "Réservable\u00a0: insertion",
        "Convention expirée le 31/01/2020",
        "Données de 2019",
        "siège à 4",
        "km",
    ):
        assert text in page
    assert "Tient un marché public</span>" in client.get(f"{LIST}?kind=ESAT").content.decode()
    assert "A tenu un marché public</span>" in client.get(f"{LIST}?kind=AI").content.decode()


# Addresses -----------------------------------------------------------------------------------------------------------
def test_each_active_criterion_has_its_way_out(client, mixed):
    query = "q=jardin&ou=Caen&ou=Paris&secteur=jardins&secteur=proprete&kind=EI&ges=1&label=vert&mois=1&mois=2"
    puces = {puce.libelle: parse_qs(puce.url[1:]) for puce in client.get(f"{LIST}?{query}&page=2").context["puces"]}
    assert set(puces) == {
        "«\u00a0jardin\u00a0»", "Espaces verts", "Propreté", "Caen (14)", "Paris (75)", "Entreprise d'insertion",
        "Membre d’un groupe économique solidaire (GES)", "VERT", "disponible en janvier", "disponible en février",
    }  # fmt: skip
    assert puces["Caen (14)"]["ou"] == ["Paris"]
    assert puces["Propreté"]["secteur"] == ["jardins"]
    assert puces["disponible en février"]["mois"] == ["1"]
    assert "ges" not in puces["Membre d’un groupe économique solidaire (GES)"]
    assert not any("page" in address for address in puces.values())


def test_the_same_search_has_one_key():
    assert cle(QueryDict("kind=EI&q=a&page=3&vue=carte&s=1")) == cle(QueryDict("q=a&kind=EI&kind=EI&famille="))
    assert cle(QueryDict("kind=EI&kind=EA")) != cle(QueryDict("kind=EI"))
    assert Adresse(QueryDict("q=a&s=1&page=2")).url(kind=["EI", "EA"]) == "?q=a&s=1&kind=EI&kind=EA"


def test_no_parameter_shows_what_is_hidden(client, mixed):
    hidden = Structure.objects.get(nom="Cachée")
    hidden.courriel = "prive@exemple.invalid"
    hidden.save()
    for query in (
        "publiee=0", "publiee=False", "remplacee_par=1", "fictive=1", "all=1", f"s={hidden.pk}", "tri=courriel",
        "organisation=1", f"pk={hidden.pk}", f"id={hidden.pk}", "q=prive@exemple.invalid", "vue=carte&ou=Caen",
    ):  # fmt: skip
        page = client.get(f"{LIST}?{query}").content.decode()
        assert "Cachée" not in page, query
        assert "exemple.invalid</a>" not in page, query
    assert "Cachée" not in client.get(f"{COMPARE}?s={hidden.pk}").content.decode()


def test_a_place_of_thousands_of_letters_does_not_fill_the_page(client, mixed):
    page = client.get(LIST, {"ou": "a" * 3_000}).content
    assert len(page) < 60_000
    assert b"Aucun lieu connu" in page
    first, second = ("a" * 500 + last for last in "bc")
    assert cle(QueryDict(f"ou={first}")) != cle(QueryDict(f"ou={second}"))  # what is kept of one is not shown for two


# Map -----------------------------------------------------------------------------------------------------------------
def test_the_map_of_a_place_has_a_point_for_each_seat(client, mixed):
    response = client.get(f"{LIST}?vue=carte&ou=Calvados")
    points = {point.nom: point for point in response.context["locale"].points}
    assert set(points) == {"Jardins A", "Jardins B", "Jardins C", "Muette F"}
    page = response.content.decode()
    assert f'href="{points["Jardins A"].url}"' in page
    assert "<circle" in page
    assert client.get(f"{LIST}?vue=carte").context["locale"] is None


def test_a_departement_of_the_map_shows_its_points(client, mixed):
    page = client.get(f"{LIST}?vue=carte&kind=EI").content.decode()
    pressed = page.index('<button name="ou"')
    form = page[page.rindex("<form", 0, pressed) :].split("</form>")[0]
    assert re.findall(r'<button name="ou" value="(14)"', form) == ["14"]
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w*)">', form))
    assert fields == {"vue": "carte", "kind": "EI"}  # the place is the one that is pressed
    response = client.get(LIST, fields | {"ou": "14"})
    assert {point.nom for point in response.context["locale"].points} == {"Jardins A"}


def test_the_map_weighs_the_same_whatever_is_asked():
    counts = dict.fromkeys(departements(), 1234)
    asked = (
        [("vue", "carte")],
        [("famille", "insertion"), ("reservable", "insertion"), ("q", "x" * 200), ("vue", "carte")],
    )
    short, long = (
        render_to_string("structures/_carte.html", {"carte": carte(counts, str), "champs": champs}) for champs in asked
    )
    assert short.count("data-ou=") == short.count('<button name="ou"') == 101
    assert len(long) - len(short) < 500
    assert len(long.encode()) < 24_000


@pytest.mark.parametrize(
    ("latitude", "longitude", "departement"),
    [
        (49.182, -0.371, "14"),
        (48.857, 2.352, "75"),
        (42.70, 9.45, "2B"),
        (-20.88, 55.45, "974"),
        (16.24, -61.53, "971"),
    ],
)
def test_towns_fall_in_the_extent_of_their_departement(latitude, longitude, departement):
    left, top, right, bottom = carte_locale._extents()[departement]
    x, y = carte_locale.project(latitude, longitude, departement)
    assert left - 5 <= x <= right + 5
    assert top - 5 <= y <= bottom + 5


# Side by side --------------------------------------------------------------------------------------------------------
def test_compare_keeps_four_in_order(client, mixed):
    pks = [structure.pk for structure in Structure.objects.listed().order_by("-nom")]
    query = "&".join(f"s={pk}" for pk in pks)
    response = client.get(f"{COMPARE}?{query}&q=jardin")
    assert [structure.pk for structure, _ in response.context["structures"]] == pks[:4]
    page = response.content.decode()
    assert "4 structures au plus&nbsp;: les suivantes" in page
    assert "?q=jardin" in page
    assert "4 structures au plus" in client.get(f"{LIST}?{query}").content.decode()


def test_compare_says_the_facts(client, mixed):
    one, two = Structure.objects.get(nom="Jardins A"), Structure.objects.get(nom="Lavage D")
    page = client.get(f"{COMPARE}?s={one.pk}&s={two.pk}").content.decode()
    for text in ("Calvados", "Janvier et février", "40 places", "A déjà cotraité", "VERT", "Sud", "non renseigné"):
        assert text in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": Kind.EITI}, "aucun sans prouver"),
        ({"kind": Kind.SEP}, "travail en détention"),
        ({"delai_reponse_jours": 1}, "répond en 1 jour environ"),
        ({"delai_reponse_jours": 0}, "répond dans la journée"),
        ({"formes_commande_publique": 1}, "1 personne formée à la commande publique"),
        ({"formes_commande_publique": 2}, "2 personnes formées à la commande publique"),
        ({"effectif": 1}, "1 personne<"),
        ({"convention_debut": date(2025, 1, 1), "convention_fin": date(2099, 1, 2)}, "du 01/01/2025 au 02/01/2099"),
        ({"convention_fin": date(2099, 1, 2)}, "jusqu’au 02/01/2099"),
        ({"convention_debut": date(2025, 1, 1)}, "depuis le 01/01/2025"),
        ({"titulaire_depuis": date(2015, 8, 8)}, "A obtenu un marché public le 08/08/2015"),
        ({"titulaire_depuis": date(2015, 8, 8), "titulaire_jusqu_au": date(2018, 1, 1)}, "A tenu un marché public"),
    ],
)
def test_compare_speaks_french(client, db, given, said):
    structure = make_structure(**given)
    assert said in client.get(f"{COMPARE}?s={structure.pk}").content.decode()


@pytest.mark.parametrize("query", ["", "s=", "s=abc", "s=-1", "s=999999999", "s=" + "9" * 5000, "s=%00", "s=1.5"])
def test_compare_takes_any_input(client, mixed, query):
    response = client.get(f"{COMPARE}?{query}")
    assert response.status_code == 200
    assert "Aucune structure à comparer" in response.content.decode()


def test_compare_costs_the_same_for_one_or_four(client, mixed, django_assert_num_queries):
    pks = [structure.pk for structure in Structure.objects.listed().exclude(activites=None)]
    with CaptureQueriesContext(connection) as one:
        client.get(f"{COMPARE}?s={pks[0]}")
    with django_assert_num_queries(len(one)):
        client.get(f"{COMPARE}?{'&'.join(f's={pk}' for pk in pks)}")


def test_choosing_goes_through_the_address(client, mixed):
    one, two = Structure.objects.get(nom="Jardins A"), Structure.objects.get(nom="Jardins B")
    page = client.get(f"{LIST}?q=jardin&s={one.pk}").content.decode()
    assert f"?q=jardin&amp;s={one.pk}&amp;s={two.pk}" in page
    assert "Choisissez-en au moins une autre" in page
    page = client.get(f"{LIST}?q=jardin&s={one.pk}&s={two.pk}").content.decode()
    assert f"{COMPARE}?q=jardin&amp;s={one.pk}&amp;s={two.pk}" in page
    assert comparaison.ids(QueryDict(f"s={one.pk}&s={one.pk}")) == [one.pk]


# Cost ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "query", ["", "q=jardin", "ou=Caen&secteur=jardins", "ou=Calvados&secteur=jardins", "ou=Caen&rayon=50", "vue=carte"]
)
def test_a_warm_page_asks_at_most_eight_queries_for_any_number_of_rows(client, mixed, query, django_assert_num_queries):
    client.get(f"{LIST}?{query}")
    with CaptureQueriesContext(connection) as one:
        client.get(f"{LIST}?{query}")
    cost = len(one)  # read now: the next request empties the log
    assert cost <= 8
    for number in range(15):
        settle(f"Jardin {number}", mixed.caen, mixed.entretien, {"lieux": [("commune", "14118")]})
    reindex()
    cache.clear()
    client.get(f"{LIST}?{query}")
    with django_assert_num_queries(cost):
        client.get(f"{LIST}?{query}")


def test_kinds_are_explained(client, mixed):
    page = client.get(reverse("structures:types")).content.decode()
    assert page.count("<article") == len(Kind)
    assert "?kind=ESAT" in page
