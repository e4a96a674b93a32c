"""The potential of a territory: the rule as a table, then the counts, then the page."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.parametres import Parametres
from structures import parametres
from structures.directory import Question
from structures.enums import Kind, Mode
from structures.lieux import from_parametre
from structures.rules import recommander
from structures.stats.potentiel import annual_budget, potentiel, silent
from tests.factories import make_activite, make_departement, make_organisation, make_region, make_structure
from tests.structures.helpers import make_country

ON = date(2026, 11, 22)
BEFORE_JOINT = date(2020, 12, 8)
SEUILS = parametres.seuils_potentiel(ON)
URL = reverse("structures:potentiel")


# The rule -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("insertion", "handicap", "les_deux", "total", "dependance", "kept", "first"),
    [
        # Enough structures and a bearable contract: the whole of it.
        (30, 0, 30, 30, "0.30", "marche", "rempli"),
        (12, 18, 30, 30, "0.10", "marche", "rempli"),
        (100, 100, 200, 210, "0", "marche", "rempli"),
        # One structure less, or one thousandth more.
        (29, 0, 29, 40, "0.10", "lots", "non_rempli"),
        (30, 0, 30, 30, "0.3001", "lots", "non_rempli"),
        (300, 0, 300, 300, "12", "lots", "non_rempli"),
        # Nothing known of the turnovers: never the highest rung, and it says why.
        (50, 0, 50, 50, None, "lots", "inconnu"),
        (29, 0, 29, 29, None, "lots", "non_rempli"),
        # Lots.
        (10, 0, 10, 10, None, "lots", "non_rempli"),
        (5, 5, 10, 10, "0.05", "lots", "non_rempli"),
        (9, 0, 9, 30, "0.05", "clause", "non_rempli"),
        # Structures that no reservation reaches (GEIQ) still carry a clause.
        (0, 0, 0, 40, "0.05", "clause", "non_rempli"),
        (1, 1, 2, 2, None, "clause", "non_rempli"),
        (1, 0, 1, 1, "0.01", "rien", "non_rempli"),
        (0, 0, 0, 0, None, "rien", "non_rempli"),
    ],
)
def test_the_ladder(insertion, handicap, les_deux, total, dependance, kept, first):
    reservables = {"insertion": insertion, "handicap": handicap, "les_deux": les_deux}
    share = None if dependance is None else Decimal(dependance)
    rungs = recommander(reservables, total, share, SEUILS, ON)
    assert [rung.code for rung in rungs] == ["marche", "lots", "clause", "rien"]
    assert [rung.code for rung in rungs if rung.retenu] == [kept]
    assert rungs[0].etat == first
    for rung in rungs:
        assert rung.source
        assert rung.conseil
        for condition in rung.conditions:
            assert condition.seuil.source
            assert condition.phrase


def test_the_ladder_without_any_reservation():
    assert [rung.code for rung in recommander({}, 5, None, SEUILS, ON) if rung.retenu] == ["clause"]


def test_the_last_rung_recalls_the_obligation_from_its_first_day():
    def last(on):
        return recommander({}, 0, None, SEUILS, on)[-1].conseil

    assert "obligatoire" not in last(date(2026, 8, 21))
    assert "obligatoire" in last(date(2026, 8, 22))


@pytest.mark.parametrize(
    ("budget", "months", "expected"),
    [("120000", 24, "60000"), ("120000", 12, "120000"), ("120000", 6, "120000"), ("120000", None, "120000"),
     ("100000", 36, "33333.33"), ("100000", 18, "66666.67")],
)  # fmt: skip
def test_the_budget_of_a_year(budget, months, expected):
    assert annual_budget(Decimal(budget), months) == Decimal(expected)


def test_every_threshold_is_dated_sourced_and_ordered():
    rows = Parametres(parametres._TABLES.folder).load("potentiel")
    assert {row.code for row in rows} == {
        "structures_marche", "structures_lots", "structures_clause", "dependance_maximum"
    }  # fmt: skip
    assert all(row.source and row.confiance in {"publiée", "à vérifier"} for row in rows)
    assert SEUILS.marche.valeur > SEUILS.lots.valeur > SEUILS.clause.valeur >= 1
    assert 0 < SEUILS.dependance.valeur <= 1


def test_thresholds_change_with_the_day(tmp_path):
    (tmp_path / "essai.csv").write_text(
        "code;valeur;valable_du;valable_au;confiance;source\n"
        "a;1;2020-01-01;2025-12-31;publiée;x\na;2;2026-01-01;;publiée;y\n",
        encoding="utf-8",
    )
    tables = Parametres(tmp_path)
    assert [tables.required("essai", date(year, 6, 1), "a").valeur for year in (2019, 2025, 2026)] == [1, 1, 2]
    assert tables.find("essai", date(2019, 6, 1), "a") is None
    with pytest.raises(KeyError):
        tables.required("essai", ON, "b")


# The counts ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def country(db):
    return make_country()


def settle(commune, secteur, kind=Kind.EI, mode=Mode.PRESTATION, **given):
    structure = make_structure(commune=commune, departement=commune.departement, kind=kind, **given)
    make_activite(structure=structure, secteur=secteur, mode=mode)
    return structure


def test_counts_capacity_turnover_and_dependency(country):
    settle(country.caen, country.entretien, capacite=10, effectif=20, chiffre_affaires=Decimal(200_000))
    settle(country.caen, country.entretien, Kind.ESAT, capacite=30, chiffre_affaires=Decimal(400_000))
    settle(country.ifs, country.jardins, Kind.EA, effectif=5, chiffre_affaires=Decimal(900_000))
    settle(country.ifs, country.jardins, Kind.GEIQ)
    settle(country.ifs, country.proprete)
    settle(country.evreux, country.jardins)
    settle(country.caen, country.jardins, publiee=False)
    question = Question(secteurs=(country.jardins,), lieux=(from_parametre("departement-14"),))
    found = potentiel(question, Decimal(600_000), 24, ON)
    assert (found.total, found.entites) == (4, 4)
    assert found.par_kind == {Kind.EI: 1, Kind.ESAT: 1, Kind.EA: 1, Kind.GEIQ: 1}
    assert found.par_famille == {"insertion": 2, "handicap": 2}
    assert {line.code: line.nombre for line in found.reservables} == {"insertion": 1, "handicap": 2, "les_deux": 3}
    assert found.a_justifier == 1
    assert (found.places.total, found.places.connus) == (40, 2)
    assert (found.effectif.total, found.effectif.connus) == (25, 2)
    assert (found.chiffre_affaires.moyenne, found.chiffre_affaires.mediane) == (Decimal(500_000), Decimal(400_000))
    assert found.budget_annuel == Decimal(300_000)
    assert found.dependance == Decimal("0.6")
    assert found.plafond_annuel == Decimal(150_000)
    assert found.retenu.code == "clause"
    assert any("3 structures sur 4" in phrase for phrase in found.inconnus)


def test_what_is_not_known_is_said(country):
    settle(country.caen, country.jardins)
    question = Question(secteurs=(country.jardins,))
    found = potentiel(question, Decimal(1000), None, ON)
    assert found.dependance is None
    assert found.chiffre_affaires.moyenne is None
    assert any("chiffre d'affaires" in phrase for phrase in found.inconnus)
    assert any("compté sur un an" in phrase for phrase in found.inconnus)
    assert any("indiquez un montant" in phrase for phrase in potentiel(question, None, None, ON).inconnus)
    assert potentiel(Question(secteurs=(country.proprete,)), None, None, ON).inconnus == ()


def test_a_turnover_of_zero_is_not_a_turnover(country):
    settle(country.caen, country.jardins, chiffre_affaires=Decimal(0))
    found = potentiel(Question(secteurs=(country.jardins,)), Decimal(1000), 12, ON)
    assert found.dependance is None


def test_one_body_with_two_cards_is_one_body(country):
    organisation = make_organisation()
    settle(country.caen, country.jardins, Kind.EI, organisation=organisation)
    settle(country.caen, country.jardins, Kind.ACI, organisation=organisation)
    found = potentiel(Question(secteurs=(country.jardins,)), None, None, ON)
    assert (found.total, found.entites) == (2, 1)


def test_the_joint_reservation_counts_only_since_the_law_allows_it(country):
    settle(country.caen, country.jardins, Kind.EI)
    settle(country.caen, country.jardins, Kind.ESAT)
    before = potentiel(Question(secteurs=(country.jardins,)), None, None, BEFORE_JOINT)
    joint = next(line for line in before.reservables if line.code == "les_deux")
    assert (joint.autorisee, joint.nombre) == (False, 0)


def test_structures_that_say_no_trade_are_counted_apart(country):
    seat = {"commune": country.caen, "departement": country.calvados, "latitude": 49.182, "longitude": -0.371}
    question = Question(secteurs=(country.entretien,), lieux=(from_parametre("departement-14"),))
    assert silent(question) == 0
    settle(country.caen, country.proprete)  # says another trade
    make_structure(**seat)
    assert any("Une autre structure du territoire" in said for said in potentiel(question, None, None, ON).inconnus)
    make_structure(**seat)
    make_structure(commune=country.evreux, departement=country.eure, latitude=49.027, longitude=1.151)
    found = potentiel(question, None, None, ON)
    assert (found.total, silent(question)) == (0, 2)
    assert any(said.startswith("2 autres structures du territoire ne disent pas") for said in found.inconnus)
    assert silent(Question(lieux=question.lieux)) == 0  # without a sector all of them are counted


def test_the_counts_take_two_queries(country, django_assert_num_queries):
    for _ in range(5):
        settle(country.caen, country.entretien, chiffre_affaires=Decimal(1000))
    question = Question(secteurs=(country.entretien,), lieux=(from_parametre("departement-14"),))
    with django_assert_num_queries(2):
        assert potentiel(question, Decimal(1000), 12, ON).total == 5


# The page -----------------------------------------------------------------------------------------------------------
def test_an_empty_form_is_shown_without_reproach(country, client):
    response = client.get(URL)
    assert response.status_code == 200
    assert "form-errors" not in response.content.decode()
    assert "Ce que les chiffres" not in response.content.decode()


def test_a_sector_left_empty_is_no_fault(country, client):
    page = client.get(URL, {"secteur": "", "ou": "Caen"}).content.decode()
    assert "form-errors" not in page


def test_faults_are_told_once_and_say_what_to_write(country, client):
    page = client.get(URL, {"ou": "Caen", "budget": "-5", "duree": "1000"}).content.decode()
    assert "Le calcul n’est pas fait" in page
    assert "Écrivez 0 ou plus." in page
    assert "Écrivez 180 au plus." in page
    assert "trop grand" not in page


def test_an_overseas_departement_is_not_confused_with_its_region(country, client):
    region = make_region(code="06", nom="Mayotte")
    make_departement(code="976", nom="Mayotte", region=region)
    page = client.get(URL, {"ou": "Mayotte"}).content.decode()
    assert "Mayotte (976)" in page
    assert "Plusieurs lieux répondent à ce que vous avez écrit" not in page


def test_the_whole_question_is_in_the_address(country, client):
    settle(country.caen, country.entretien, chiffre_affaires=Decimal(500_000))
    given = {"secteur": ["jardins", "proprete"], "ou": "Caen ; Eure", "budget": "120 000,50", "duree": "24"}
    response = client.get(URL, given)
    found = response.context["potentiel"]
    assert response.context["question"].secteurs == (country.jardins, country.proprete)
    assert [lieu.parametre for lieu in response.context["question"].lieux] == ["commune-14118", "departement-27"]
    assert (found.total, found.budget, found.duree_mois) == (1, Decimal("120000.50"), 24)
    html = response.content.decode()
    assert "Ne rien demander de particulier" in html
    assert "12\u202f%" in html
    for part in ("secteur=jardins", "secteur=proprete", "lieu=commune-14118", "lieu=departement-27"):
        assert part in response.context["annuaire"]


def test_a_place_given_by_its_code_is_kept(country, client):
    settle(country.caen, country.entretien)
    response = client.get(URL, {"lieu": ["departement-14", "inconnu-3"]})
    assert response.context["potentiel"].total == 1
    assert 'value="Calvados (14)"' in response.content.decode()


def test_the_link_to_the_directory_finds_as_many(country, client):
    settle(country.caen, country.entretien)
    settle(country.evreux, country.entretien)
    settle(country.paris, country.entretien)
    response = client.get(URL, {"secteur": "jardins", "ou": "Calvados ; Eure"})
    assert response.context["potentiel"].total == 2
    assert client.get(response.context["annuaire"]).context["count"] == 2


def test_a_name_borne_by_several_places_is_said(country, client):
    response = client.get(URL, {"ou": "Saint-Étienne"})
    assert "Plusieurs lieux répondent à ce que vous avez écrit" in response.content.decode()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"budget": "1000"}, "au moins un secteur ou un lieu"),
        ({"secteur": "inconnu"}, "pas un secteur de la liste"),
        ({"ou": "Nulle-Part"}, "Lieu inconnu"),
        ({"ou": "Caen ; Nulle-Part"}, "Lieu inconnu"),
        ({"ou": ";".join(f"Lieu {rank}" for rank in range(11))}, "10 lieux au plus"),
        ({"ou": "x" * 301}, "300"),
        ({"ou": "Caen", "budget": "-5"}, "Écrivez 0 ou plus"),
        ({"ou": "Caen", "budget": "beaucoup"}, "Écrivez un nombre"),
        ({"ou": "Caen", "budget": "1" * 30}, "9\u202f999\u202f999\u202f999,99 au plus"),
        ({"ou": "Caen", "budget": "1" * 60}, "Écrivez un nombre"),
        ({"ou": "Caen", "budget": "NaN"}, "Écrivez un nombre"),
        ({"ou": "Caen", "duree": "0"}, "Écrivez 1 ou plus"),
        ({"ou": "Caen", "duree": "9999"}, "180"),
        ({"ou": "Caen", "duree": "1,5"}, "nombre entier"),
        ({"ou": "Caen", "mode": "magie"}, "mode de la liste"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(country, client, given, words):
    response = client.get(URL, given)
    assert response.status_code == 200
    html = response.content.decode()
    assert words in html
    assert "form-errors" in html
    assert "potentiel" not in response.context or response.context.get("potentiel") is None


@pytest.mark.parametrize(
    "given", [{"ou": "\x00"}, {"secteur": "\x00"}, {"lieu": "\x00"}, {"budget": "\x00", "ou": "Caen"}]
)
def test_hostile_values_never_break_the_page(country, client, given):
    assert client.get(URL, given).status_code == 200


def test_the_page_costs_the_same_for_one_row_and_for_ten(country, client):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(URL, {"secteur": "jardins", "lieu": "departement-14"}).status_code == 200
        return len(queries)

    settle(country.caen, country.entretien)
    first = cost()
    for _ in range(9):
        settle(country.ifs, country.entretien, Kind.ESAT)
    assert cost() == first
    assert first <= 12
