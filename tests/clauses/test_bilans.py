"""Reports: figures equal to the lines to the hundredth, closed years, small counts that cannot be recovered."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from itertools import product
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import actions, rules, stats
from clauses.enums import Etat, Modalite
from clauses.models import ClauseSociale, Cloture
from portal.permissions import Role
from portal.templatetags.formats import pourcent
from tests import factories as make
from tests.clauses.conftest import ON
from tests.clauses.helpers import text

DU, AU = date(2026, 1, 1), date(2026, 12, 31)
D = Decimal


@pytest.fixture(autouse=True)
def _in_june(time_machine):
    time_machine.move_to("2026-06-15 12:00+00:00", tick=False)


def figures(du=DU, au=AU, organisation=None):
    return stats.chiffres(stats.Perimetre(ClauseSociale.objects.all(), du, au, organisation))


# Small counts --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cells", "total", "shown", "told"),
    [
        ({"a": 12, "b": 0}, 12, {"a": 12, "b": 0}, 12),
        ({"a": 12, "b": 3, "c": 8}, 23, {"a": 12, "b": None, "c": None}, 23),  # b alone would be 23 - 20
        ({"a": 12, "b": 1, "c": 1}, 14, {"a": None, "b": None, "c": None}, 14),  # 14 - 12 = 2 would tell both
        ({"a": 4, "b": 4, "c": 9}, 17, {"a": None, "b": None, "c": 9}, 17),
        ({"a": 3}, 3, {"a": None}, None),
        ({"a": 4, "b": 1}, 5, {"a": None, "b": None}, None),  # nothing left to hide but the total
        ({"a": 0}, 0, {"a": 0}, 0),
        ({}, 0, {}, 0),
    ],
)
def test_small_counts_are_hidden_with_what_would_tell_them(cells, total, shown, told):
    assert rules.masque(cells, total) == (shown, told)


def recovered(cells, shown, told, totals):
    """Small cells that only one assignment of 1 and more explains, for a reader of the table (and of its total)."""
    hidden = [key for key, value in shown.items() if value is None]
    if not hidden:
        return []
    known = sum(value for value in shown.values() if value is not None)
    most = max(cells.values()) + 6
    fits = [
        dict(zip(hidden, values, strict=True))
        for values in product(range(1, most), repeat=len(hidden))
        if (told is None and known + sum(values) in totals) or known + sum(values) == told
    ]
    return [key for key in hidden if cells[key] < 5 and len({fit[key] for fit in fits}) < 2]


def test_no_small_count_is_ever_recovered_by_subtraction():
    """Every table of three cells up to 12 people: whoever reads it finds several values for each hidden cell."""
    for values in product(range(13), repeat=3):
        cells, total = dict(enumerate(values)), sum(values)
        shown, told = rules.masque(cells, total)
        assert all(value is None or value == 0 or value >= 5 for value in shown.values())
        assert told is None or told == 0 or told >= 5
        possible = set(range(60)) if told is None else {told}
        assert recovered(cells, shown, told, possible) == [], (cells, shown, told)


def test_several_tables_of_the_same_people_do_not_betray_each_other():
    draw = Random(2026)
    for _ in range(400):
        total = draw.randint(0, 16)
        tables = {}
        for name in ("sexe", "age"):
            cells = dict.fromkeys(range(draw.randint(1, 3)), 0)
            for _person in range(total):
                cells[draw.choice(list(cells))] += 1
            tables[name] = cells
        shown, told = rules.masque_ensemble(tables, total)
        # A total kept from the reader must not be the sum of another table.
        possible = {told} if told is not None else set(range(60))
        for table in shown.values():
            if all(value is not None for value in table.values()):
                possible &= {sum(table.values())}
        for name, cells in tables.items():
            assert recovered(cells, shown[name], told, possible) == [], (tables, shown, told)


@pytest.mark.parametrize(
    ("count", "whole", "words"),
    [
        (1, 2, "1 sur 2"), (7, 14, "7 sur 14, soit 1 sur 2"), (9, 12, "9 sur 12, soit 3 sur 4"), (8, 14, "8 sur 14"),
        (17, 51, "17 sur 51, soit 1 sur 3"), (1, 1, "1 sur 1"), (2, 2, "2 sur 2"), (9, 9, "9 sur 9"),
        (0, 0, ""), (0, 9, "0 sur 9"),
    ],
)  # fmt: skip
def test_a_ratio_says_its_counts_then_its_words(count, whole, words):
    assert rules.en_mots(count, whole) == words


@pytest.mark.parametrize(
    ("count", "whole", "words"), [(9, 51, "17,6 %"), (D("195.5"), 640, "30,5 %"), (1, 3, "33,3 %"), (2, 3, "66,7 %")]
)  # fmt: skip
def test_a_share_is_rounded_once(count, whole, words):
    """17.647 % is 17.6 %, not 17.65 % then 17.7 %; the bar and the sentence of a clause say the same."""
    assert pourcent(rules.part(count, whole)) == words.replace(" ", "\u202f")
    pace = rules.allure(DU, AU, whole, count, AU)
    assert words.replace(" ", "\u202f") in pourcent(pace.part)


# Closed years --------------------------------------------------------------------------------------------------------
CLOSED = {2025: datetime(2026, 2, 1, tzinfo=UTC), 2026: datetime(2027, 2, 1, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("month", "decided", "counts"),
    [
        (date(2025, 11, 1), datetime(2026, 1, 15, tzinfo=UTC), date(2025, 11, 1)),
        (date(2025, 11, 1), datetime(2026, 2, 1, tzinfo=UTC), date(2025, 11, 1)),  # at the very moment: still in
        (date(2025, 11, 1), datetime(2026, 3, 1, tzinfo=UTC), date(2026, 1, 1)),
        (date(2025, 11, 1), datetime(2027, 3, 1, tzinfo=UTC), date(2027, 1, 1)),  # both years closed by then
        (date(2024, 5, 1), datetime(2027, 3, 1, tzinfo=UTC), date(2024, 5, 1)),  # that year was never closed
    ],
)
def test_hours_of_a_closed_year_count_in_the_next_open_one(month, decided, counts):
    assert rules.jour_comptable(month, decided, CLOSED) == counts


@pytest.mark.django_db
def test_a_correction_after_the_closing_counts_in_the_next_year_and_totals_stay_exact(chantier, time_machine):
    first, second, _ = chantier.sent(100, 50, 10)
    for line in (first, second):
        actions.accept(line, by=chantier.by)
    before = figures()
    assert before["heures"]["acceptees"] == "150.00"
    time_machine.move_to("2027-01-20 12:00+00:00")
    make.make_cloture(facilitateur=chantier.facilitateur, annee=2026)
    time_machine.move_to("2027-03-01 12:00+00:00")
    first.refresh_from_db()
    new = actions.correct(first, D("80.25"), by=chantier.by)
    actions.send(chantier.month, by=chantier.by)
    actions.accept(new, by=chantier.by)
    second.refresh_from_db()
    actions.cancel(second, "Heures d'un autre chantier", by=chantier.by)
    actions.accept(chantier.lines()[2], by=chantier.by)
    closed, after = figures(), figures(date(2027, 1, 1), date(2027, 12, 31))
    assert closed["heures"]["acceptees"] == "150.00"
    assert closed["heures"]["corrections"] == "0.00"  # the 150 h of before the closing correct nothing
    assert closed["nombres"]["personnes"] == 2
    # 80.25 - 100, then 0 - 50, then 10 that nobody had accepted before the closing
    assert after["heures"]["acceptees"] == after["heures"]["corrections"] == "-59.75"
    assert after["mois"] == [["2027-01-01", "-59.75"]]
    assert closed["heures"]["cumul"] == "150.00"
    assert after["heures"]["cumul"] == "90.25"
    assert after["heures"]["cumul"] == f"{stats.hours_accepted_total():.2f}"
    Cloture.objects.all().delete()
    assert figures()["heures"]["acceptees"] == "90.25"


# Figures against lines -----------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_report_equals_the_lines_to_the_hundredth(chantier):
    """A year declared through the actions, cents that floats cannot hold: each table adds up to what was accepted."""
    draw, accepted, trained, by_month = Random(7), D(0), D(0), {}
    kinds = [Modalite.EMBAUCHE, Modalite.MISE_A_DISPOSITION, Modalite.EMBAUCHE]
    for affectation, modalite in zip(chantier.affectations, kinds, strict=True):
        affectation.modalite = modalite
        affectation.save()
    for number in range(1, 7):
        month = actions.open_month(chantier.clause, chantier.entreprise, date(2026, number, 1), on=ON, by=chantier.by)
        hours = [(D(draw.randint(1, 9000)) / 100, D(draw.randint(0, 900)) / 100) for _ in range(3)]
        chantier.save(*hours, month=month)
        actions.send(month, by=chantier.by)
        for line in chantier.lines(month):
            if draw.random() < 0.8:
                actions.accept(line, by=chantier.by)
                accepted += line.heures
                trained += line.heures_formation
                by_month[month.mois] = by_month.get(month.mois, D(0)) + line.heures
            else:
                actions.refuse(line, "Bulletin de paie manquant", by=chantier.by)
    make.make_reprise_heures(clause=chantier.clause, heures=D("12.34"))
    found = figures()
    assert D(found["heures"]["acceptees"]) == accepted > 0
    assert D(found["heures"]["formation"]) == trained > 0
    assert D(found["heures"]["total"]) == accepted + D("12.34")
    assert found["heures"]["reprises"] == "12.34"
    assert found["heures"]["dues"] == "1000.00"
    for table in found["tables"].values():
        assert sum(D(hours) for _, hours, *_ in table) == accepted
        assert sum(D(hours) for _, _, hours, _ in table) == trained
    assert {date.fromisoformat(day): D(hours) for day, hours in found["mois"]} == by_month
    assert found["nombres"]["personnes"] == found["nombres"]["contrats"] == 3
    half = figures(DU, date(2026, 3, 31))["heures"], figures(date(2026, 4, 1), AU)["heures"]
    assert D(half[0]["acceptees"]) + D(half[1]["acceptees"]) == accepted
    assert half[1]["cumul"] == found["heures"]["cumul"]
    mine = figures(organisation=chantier.entreprise.pk)
    assert mine["heures"]["acceptees"] == found["heures"]["acceptees"]
    assert mine["heures"]["dues"] == "1000.00"
    assert figures(organisation=make.make_organisation().pk)["heures"]["acceptees"] == "0.00"


@pytest.mark.django_db
def test_figures_cost_the_same_for_one_line_as_for_many(chantier, django_assert_num_queries):
    make.make_cloture(facilitateur=chantier.facilitateur, annee=2025)
    make.make_imputation(clause=chantier.clause, etat=Etat.ACCEPTEE)
    with CaptureQueriesContext(connection) as one:
        figures()
    for _ in range(10):
        make.make_imputation(clause=chantier.clause, etat=Etat.ACCEPTEE)
    with django_assert_num_queries(len(one)):
        figures()


# Pages ---------------------------------------------------------------------------------------------------------------
def accepted(chantier, *hours):
    for line in chantier.sent(*hours):
        actions.accept(line, by=chantier.by)


def people(count, chantier, **given):
    """`count` more people with an accepted hour on the clause."""
    for _ in range(count):
        person = make.make_participant(facilitateur=chantier.facilitateur, **given)
        affectation = make.make_affectation(participant=person, employeur=chantier.entreprise)
        line = make.make_ligne_heures(affectation=affectation, sexe=person.sexe)
        make.make_imputation(clause=chantier.clause, ligne=line, declaration=chantier.month, etat=Etat.ACCEPTEE)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.FACILITATEUR, Role.ACHETEUR, Role.ENTREPRISE])
def test_each_role_reads_its_report_in_every_format(chantier, role):
    accepted(chantier, "10.25", 20, 30)
    client = chantier.client(role)
    subject = ("acheteur", chantier.acheteur.organisation_id)
    if role == Role.ENTREPRISE:
        subject = ("structure", chantier.entreprise.pk)
    page = client.get(reverse("clauses:bilan", args=subject), {"annee": 2026})
    said = text(page)
    assert "60,25 h" in said
    assert ("nc : non communiqué" in said) == (role == Role.ACHETEUR)
    assert ('<h2 class="panel-title">Par critère' in said) == (role == Role.FACILITATEUR)  # three people only
    assert len(page.content) < 60_000
    pdf = client.get(reverse("clauses:bilan_fichier", args=[*subject, "pdf"]), {"annee": 2026})
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf.content.startswith(b"%PDF")
    csv = b"".join(client.get(reverse("clauses:bilan_fichier", args=[*subject, "csv"]), {"annee": 2026})).decode()
    assert "Heures;Acceptées sur la période;Nombre;60,25" in csv
    xlsx = client.get(reverse("clauses:bilan_fichier", args=[*subject, "xlsx"]), {"annee": 2026})
    assert b"".join(xlsx.streaming_content)[:2] == b"PK"
    assert client.get(reverse("clauses:bilan_fichier", args=[*subject, "exe"])).status_code == 404


@pytest.mark.django_db
def test_a_buyer_never_reads_one_to_four_people(chantier):
    people(9, chantier, sexe="f")
    people(3, chantier, sexe="h")
    buyer, facilitator = chantier.client(Role.ACHETEUR), chantier.client(Role.FACILITATEUR)
    url = reverse("clauses:bilan", args=["acheteur", chantier.acheteur.organisation_id])
    exact, masked = text(facilitator.get(url)), text(buyer.get(url))
    row = r'<th scope="row">{}</th>.*?<td data-label="Personnes" class="num">([^<]*)</td></tr>'
    assert re.search(row.format("Femme"), exact)[1] == "9"
    assert re.search(row.format("Homme"), exact)[1] == "3"
    assert re.search(row.format("Homme"), masked)[1] == "nc"
    assert re.search(row.format("Femme"), masked)[1] == "nc"  # 12 - 9 would tell the men
    hours = r'<th scope="row">{}</th><td data-label="Heures" class="num">([^<]*)</td>'
    assert "h" in re.search(hours.format("Homme"), exact)[1]
    assert re.search(hours.format("Homme"), masked)[1] == "nc"  # their hours would tell as much
    # Another period, or one contract alone, would be taken from the year: no number of people there.
    contract = text(buyer.get(reverse("clauses:bilan", args=["marche", chantier.clause.lot.marche_id])))
    assert "12 personnes" not in contract
    assert "Par sexe" not in contract
    assert "Par modalité" in contract
    assert "bilan annuel de l'acheteur" in unescape(contract)
    assert "Bilan du 01/01/2026 au 31/12/2026" in text(buyer.get(url, {"du": "2026-03", "au": "2026-03"}))


@pytest.mark.django_db
def test_a_member_of_a_group_is_not_told_the_hours_of_all_as_its_own(chantier):
    accepted(chantier, 10, 20, 30)
    client = chantier.client(Role.ENTREPRISE)
    url = reverse("clauses:bilan", args=["structure", chantier.entreprise.pk])
    assert "pour 1 000 h dues" in text(client.get(url))
    make.make_titulaire(lot=chantier.clause.lot)
    said = unescape(text(client.get(url)))
    assert "cumulées ; tout le groupement en doit 1 000 h" in said
    assert "Part des heures dues" not in said
    assert "non réparties" in said
    make.make_heures_dues(clause=chantier.clause, membre=chantier.entreprise, heures=D(120))
    said = unescape(text(client.get(url)))
    assert "pour 120 h dues" in said
    assert "Part des heures dues" in said
    assert figures(organisation=chantier.entreprise.pk)["clauses"][0][2] == "120.00"


@pytest.mark.django_db
def test_lots_of_the_same_name_are_told_apart(chantier):
    marche = chantier.clause.lot.marche
    lots = [chantier.clause.lot, *(make.make_lot(marche=marche, objet="Peinture", numero="1") for _ in range(2))]
    lots[0].objet, lots[0].numero = "Peinture", "1"
    lots[0].save()
    days = [(date(2026, 1, 1), date(2026, 12, 31)), (date(2026, 2, 1), date(2027, 1, 31))]
    for lot, (du, au) in zip(lots[1:], days, strict=True):
        make.make_clause(lot=lot, facilitateur=chantier.facilitateur, date_debut=du, date_fin=au)
    chantier.clause.__class__.objects.filter(pk=chantier.clause.pk).update(date_debut=date(2026, 3, 1))
    names = [row[1] for row in figures()["clauses"]]
    assert len(set(names)) == 3
    assert "Lot 1\u00a0: Peinture, du 01/02/2026 au 31/01/2027" in names


@pytest.mark.django_db
def test_a_signed_report_never_changes(chantier):
    accepted(chantier, 10, 20, 30)
    client = chantier.client(Role.FACILITATEUR)
    url = reverse("clauses:bilan_signer", args=["marche", chantier.clause.lot.marche_id])
    signed = client.post(url, {"du": "2026-01", "au": "2026-12"})
    assert "60 h" in text(client.get(signed.url))
    actions.cancel(chantier.lines()[0], "Double saisie", by=chantier.by)
    assert "60 h" in text(client.get(signed.url))
    buyer = chantier.client(Role.ACHETEUR)
    assert "60 h" in text(buyer.get(signed.url))
    assert signed.url in buyer.get(reverse("clauses:bilans")).content.decode()
    pdf = buyer.get(reverse("clauses:bilan_signe_fichier", args=[signed.url.split("/")[-2], "pdf"]))
    assert pdf.content.startswith(b"%PDF")
    assert text(client.get(reverse("clauses:bilan", args=["marche", chantier.clause.lot.marche_id]))).count("50 h")
    assert client.post(url, {"du": "2026-12", "au": "2026-01"}).status_code == 302
    assert chantier.facilitateur.bilans.count() == 1


@pytest.mark.parametrize(
    ("du", "au", "level"),
    [(date(2026, 1, 1), date(2026, 5, 31), "ok"), (date(2026, 1, 1), date(2026, 6, 14), "ok"),
     (date(2026, 1, 1), date(2026, 6, 15), "avertissement"), (date(2026, 6, 15), date(2026, 12, 31), "avertissement"),
     (date(2026, 6, 16), date(2026, 12, 31), "blocage"), (date(2027, 1, 1), date(2027, 12, 31), "blocage")],
)  # fmt: skip
def test_a_period_that_has_not_begun_is_not_signed(du, au, level):
    assert rules.signature_possible(du, au, date(2026, 6, 15)).level == level


@pytest.mark.django_db
def test_the_page_says_what_signing_would_freeze(chantier, time_machine):
    time_machine.move_to("2026-06-15 12:00+00:00", tick=False)
    accepted(chantier, 10, 20, 30)
    client = chantier.client(Role.FACILITATEUR)
    keys = ["marche", chantier.clause.lot.marche_id]
    page, sign = reverse("clauses:bilan", args=keys), reverse("clauses:bilan_signer", args=keys)
    future = text(client.get(page, {"annee": 2027}))
    assert "ne commence que le 01/01/2027" in future
    assert "Signer et figer" not in future
    refused = client.post(sign, {"du": "2027-01", "au": "2027-12"}, follow=True)
    assert "ne commence que le 01/01/2027" in text(refused)
    assert refused.redirect_chain[-1][0].endswith("?du=2027-01&au=2027-12")
    assert chantier.facilitateur.bilans.count() == 0
    under_way = text(client.get(page, {"annee": 2026}))
    assert "elle court jusqu&#x27;au 31/12/2026" in under_way
    assert "Signer et figer" in under_way
    signed = client.post(sign, {"du": "2026-01", "au": "2026-05"}).url
    again = text(client.get(page, {"du": "2026-01", "au": "2026-05"}))
    assert "Déjà signé pour cette période" in again
    assert f'href="{signed}"' in again
    assert "Déjà signé" not in under_way
    assert "Signer" not in text(chantier.client(Role.ACHETEUR).get(page))


@pytest.mark.django_db
@pytest.mark.parametrize("bad", ["9" * 40, "0", "departement-99", "commune-14118", "x"])
def test_subjects_that_do_not_exist_are_not_found(client_facilitateur, bad):
    for kind in ("marche", "acheteur", "territoire", "structure", "autre"):
        assert client_facilitateur.get(f"/clauses/bilans/{kind}/{bad}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("bad", [{"annee": "9" * 40}, {"du": "\0", "au": "2026-13"}, {"du": "2026-05"}, {"annee": "x"}])
def test_a_wrong_period_shows_the_usual_year_and_says_so(chantier, bad):
    response = chantier.client(Role.FACILITATEUR).get(reverse("clauses:bilan", args=["territoire", "france"]), bad)
    assert response.status_code == 200
    assert "invalid-feedback" in response.content.decode()


@pytest.mark.django_db
def test_places_hold_the_contracts_done_there(chantier):
    accepted(chantier, 10, 20, 30)
    town = make.make_commune(departement=make.make_departement(code="14", region=make.make_region(code="28")))
    lot = chantier.clause.lot
    lot.commune, lot.departement = town, town.departement
    lot.save()
    client = chantier.client(Role.FACILITATEUR)
    listed = client.get(reverse("clauses:bilans")).content.decode()
    for key in (f"departement-{town.departement_id}", f"region-{town.departement.region_id}", "france"):
        assert f"/territoire/{key}/" in listed or key == "france"
        assert "60 h" in text(client.get(reverse("clauses:bilan", args=["territoire", key])))
    elsewhere = make.make_departement(code="61")
    assert "60 h" not in text(client.get(reverse("clauses:bilan", args=["territoire", f"departement-{elsewhere.pk}"])))


@pytest.mark.django_db
def test_pages_cost_the_same_for_one_line_as_for_many(chantier, django_assert_num_queries):
    accepted(chantier, 10, 20, 30)
    client = chantier.client(Role.FACILITATEUR)
    make.make_bilan(facilitateur=chantier.facilitateur)
    urls = [reverse("clauses:bilans"), reverse("clauses:bilan", args=["territoire", "france"])]
    for url in urls:
        client.get(url)
        with CaptureQueriesContext(connection) as one:
            client.get(url)
        lot = make.make_lot(marche=make.make_marche(acheteur=make.make_acheteur()))
        for _ in range(4):
            clause = make.make_clause(lot=lot, facilitateur=chantier.facilitateur)
            make.make_heures_dues(clause=clause)
            make.make_imputation(clause=clause, etat=Etat.ACCEPTEE)
            make.make_bilan(facilitateur=chantier.facilitateur)
        with django_assert_num_queries(len(one)):
            client.get(url)
