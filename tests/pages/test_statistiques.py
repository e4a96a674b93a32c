"""The public statistics: counted once, hidden where they are small, frozen once people are told."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse

from clauses.actions.statistiques import publier
from clauses.enums import Etat
from clauses.models import Imputation, StatistiquePublique
from structures.enums import Kind
from structures.models import Secteur
from tests import factories as make
from tests.clauses.helpers import text

DURING, AFTER = date(2026, 11, 27), date(2027, 4, 1)
URL = "/statistiques/"


def worked(clause, number, *, employeur, month=date(2026, 3, 1), hours="10"):
    """`number` people with an accepted line of `hours` on this clause."""
    for _ in range(number):
        person = make.make_participant(facilitateur=clause.facilitateur)
        affectation = make.make_affectation(participant=person, employeur=employeur)
        line = make.make_ligne_heures(
            affectation=affectation, du=month, au=month.replace(day=28), heures_travail=Decimal(hours)
        )
        make.make_imputation(clause=clause, ligne=line, etat=Etat.ACCEPTEE)


@pytest.fixture
def country(db):
    """Two régions: one of two départements (3 and 12 people), one of one (25); two sectors; an EI and a firm."""
    first, second = make.make_region(nom="Normandie"), make.make_region(nom="Bretagne")
    places = [make.make_departement(region=region) for region in (first, first, second)]
    cleaning, works = make.make_secteur(nom="Propreté"), make.make_secteur(nom="Bâtiment")
    under = make.make_secteur(nom="Bureaux", parent=cleaning)
    body, ei, firm = make.make_facilitateur(), make.make_organisation(), make.make_organisation()
    make.make_structure(organisation=ei, kind=Kind.EI)
    for place, secteur, employeur, number in zip(
        places, (under, works, cleaning), (ei, firm, firm), (3, 12, 25), strict=True
    ):
        lot = make.make_lot(departement=place, secteur=secteur)
        worked(make.make_clause(lot=lot, facilitateur=body), number, employeur=employeur)
    return first, second, places


def table(annee=2026):
    chiffres = StatistiquePublique.objects.get(annee=annee).chiffres
    return {
        (name, row[1]): row for name in ("regions", "departements", "secteurs", "familles") for row in chiffres[name]
    } | {("france", "France"): chiffres["france"]}


def test_a_year_under_way_tells_hours_and_no_people(country):
    assert publier(DURING) == [2026]
    rows = table()
    assert all(row[8] is None for row in rows.values())
    assert rows["france", "France"][3:8] == ["400.00", "0.00", 3, 1, 1]
    assert rows["regions", "Normandie"][3] == "150.00"
    assert rows["secteurs", "Propreté"][3] == "280.00"  # the sector and its own sectors
    assert rows["familles", "SIAE"][3] == "30.00"


def test_small_counts_and_what_would_tell_them_are_hidden(country):
    publier(AFTER)
    rows = table()
    first, _, places = country
    assert rows["france", "France"][8] == 40
    assert rows["departements", places[0].nom][8] is None  # 3
    assert rows["departements", places[1].nom][8] is None  # 15 - 12 would tell
    assert rows["regions", first.nom][8] == 15
    assert rows["regions", "Bretagne"][8] == 25
    # 28 of cleaning less the 25 of Bretagne would tell the 3 of Normandie (see the crossings): both sectors are hidden.
    assert {rows["secteurs", name][8] for name in ("Propreté", "Bâtiment")} == {None}
    assert rows["familles", "SIAE"][8] is None
    assert rows["familles", "Entreprises et autres employeurs"][8] is None


def test_a_year_whose_people_are_told_does_not_change_any_more(country):
    publier(AFTER)
    Imputation.objects.filter(ligne__employeur__structures__isnull=False).delete()
    assert publier(AFTER) == []
    assert table()["france", "France"][8] == 40
    assert publier(AFTER, refaire=True) == [2026]
    assert table()["france", "France"][8] == 37


def test_hours_refused_or_waiting_are_not_counted(country):
    Imputation.objects.update(etat=Etat.TRANSMISE)
    publier(DURING)
    assert table()["france", "France"][3] == "0.00"


def test_the_count_costs_the_same_for_few_lines_as_for_many(country, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        publier(DURING)
    clause = Imputation.objects.first().clause
    worked(clause, 20, employeur=make.make_organisation())
    with CaptureQueriesContext(connection) as many:
        publier(DURING)
    assert len(many) <= len(few)


def test_everybody_reads_the_page_and_the_file(client, country):
    call_command("publier_statistiques", verbosity=0)
    publier(AFTER, refaire=True)
    page = client.get(URL)
    said = text(page)
    assert "Statistiques 2026" in said
    assert ">400 h<" in said
    assert "non communiqué" in said
    assert len(page.content) < 60_000
    inside = text(client.get(URL, {"annee": 2026, "region": country[0].pk}))
    assert "Normandie, 2026" in inside
    assert "Par département" in inside
    assert country[2][0].nom in inside
    response = client.get(reverse("pages:statistiques_csv", args=[2026]))
    rows = list(csv.reader(io.StringIO(b"".join(response).decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:5] == ["Niveau", "Code", "Libellé", "Secteur", "Heures"]
    assert ["France", "", "France", "", "400,00", "0,00", "40", "3", "1", "1"] in rows
    assert sum(row[6] == "nc" for row in rows if not row[3]) == 6
    crossed = [row for row in rows if row[0] == "Région et secteur" and row[2] == "Bretagne"]
    assert crossed == [
        ["Région et secteur", country[1].pk, "Bretagne", "Propreté", "250,00", "0,00", "25", "1", "0", "1"]
    ]


@pytest.mark.django_db
def test_a_portal_without_hours_says_so(client):
    assert publier(DURING) == []
    assert "Aucune année n’est encore publiée" in text(client.get(URL))
    assert client.get(reverse("pages:statistiques_csv", args=[2026])).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["annee=%00", "annee=99999999999999999999", "annee=abc", "region=%00&annee=2026", "secteur=%00", "secteur=x"],
)
def test_a_strange_question_shows_the_latest_year(client, country, query):
    publier(DURING)
    assert "Statistiques 2026" in text(client.get(f"{URL}?{query}"))


def people(table):
    """{(place, sector): people} of a crossing as it is published."""
    return {(row[0], row[1]): row[-1] for row in table}


def test_sectors_cross_territories_with_their_small_counts_hidden(client, country):
    """3 people of cleaning and 12 of works in Normandie, whose two départements are 3 and 12: all four are hidden."""
    publier(AFTER)
    first, second, places = country
    cleaning, works = (str(Secteur.objects.get(nom=name).pk) for name in ("Propreté", "Bâtiment"))
    told = StatistiquePublique.objects.get().croisements
    assert people(told["regions"])[first.pk, cleaning] is None
    assert people(told["regions"])[first.pk, works] is None
    assert people(told["departements"])[places[0].pk, cleaning] is None
    assert people(told["departements"])[places[1].pk, works] is None
    assert sum(Decimal(row[2]) for row in told["regions"]) == 400
    asked = text(client.get(URL, {"region": first.pk, "secteur": cleaning}))
    assert "Propreté, Normandie, 2026" in asked
    assert "30 h" in asked
    assert ">280 h<" in text(client.get(URL, {"secteur": cleaning}))
    assert "Par secteur d&#x27;achat" in text(client.get(URL, {"region": first.pk}))
    nothing = text(client.get(URL, {"region": second.pk, "secteur": works}))
    assert "Aucune heure acceptée dans ce secteur et cette région" in nothing


def test_a_year_published_before_says_that_its_sectors_are_not_crossed(client, country):
    publier(AFTER)
    StatistiquePublique.objects.update(croisements={})
    assert "publiée avant que les secteurs soient croisés" in text(client.get(URL, {"region": country[0].pk}))


def test_the_page_costs_one_query_and_one_more_for_a_crossing(client, country, django_assert_num_queries):
    publier(DURING)
    asked = {"region": country[0].pk, "secteur": str(Secteur.objects.get(nom="Propreté").pk)}
    client.get(URL)
    with django_assert_num_queries(1):
        client.get(URL)
    with django_assert_num_queries(2):
        client.get(URL, asked)


def test_a_whole_country_of_sectors_stays_light(client, db):
    """Twenty sectors in each of eighteen régions and 101 départements."""
    sectors = [[str(n), f"Secteur d'achat numéro {n}", "", "123456.50", "1234.50", 40, 20, 10, 300] for n in range(20)]
    regions = [[f"R{n}", f"Provence-Alpes-Côte {n}", "", *sectors[0][3:]] for n in range(18)]
    places = [[f"D{n}", f"Alpes-de-Haute {n}", f"R{n % 18}", *sectors[0][3:]] for n in range(101)]
    told = {"france": ["", "France", "", *sectors[0][3:]], "regions": regions, "departements": places}
    crossed = {
        name: [[row[0], sector[0], *row[3:]] for row in rows for sector in sectors]
        for name, rows in (("regions", regions), ("departements", places))
    }
    for annee in range(2017, 2027):
        StatistiquePublique.objects.create(
            annee=annee, chiffres=told | {"secteurs": sectors, "familles": sectors[:4]}, croisements=crossed,
            personnes_publiees=True,
        )  # fmt: skip
    for query in ({}, {"region": "R3"}, {"secteur": "4"}, {"region": "R3", "secteur": "4"}):
        assert len(client.get(URL, query).content) < 50_000, query
