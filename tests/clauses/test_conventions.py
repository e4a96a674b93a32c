"""Conventions: typed, seen by both parties, recalled before their end, and what they settle for a clause."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses.accords import parametres_of
from clauses.actions.conventions import rappeler
from clauses.models import Convention
from clauses.rules.conventions import Partage, periode_suivante, repartir
from portal.permissions import Role
from tests import factories as f
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
ON = date(2026, 6, 15)


def test_a_clause_takes_what_its_convention_settles_else_the_defaults():
    acheteur = f.make_acheteur()
    lot = f.make_lot(marche=f.make_marche(acheteur=acheteur))
    clause = f.make_clause(lot=lot, facilitateur=f.make_facilitateur())
    plain = parametres_of(clause, ON)
    assert (plain.eligibilite_mois, plain.cdi_mois, plain.jour_declaration, plain.convention) == (24, 24, 10, None)
    given = {"facilitateur": clause.facilitateur, "eligibilite_mois": 12, "jour_declaration": 5}
    convention = f.make_convention(**given)
    f.make_partie_convention(convention=convention, acheteur=acheteur)
    assert parametres_of(clause, ON) == plain  # not signed yet
    Convention.objects.update(signee_le=date(2026, 1, 1))
    found = parametres_of(clause, ON)
    assert (found.eligibilite_mois, found.cdi_mois, found.jour_declaration) == (12, 24, 5)
    assert parametres_of(clause, date(2027, 1, 1)) == plain


def test_an_eligibility_lasts_what_its_criterion_or_the_conventions_say():
    client = sign_in(Role.FACILITATEUR)
    body = client.acteur_organisation.facilitateur
    person = f.make_participant(facilitateur=body)
    url = reverse("clauses:add_eligibilite", args=[person.pk])

    def given(critere, **more):
        data = {"critere": critere, "justificatif_vu_le": "2026-06-01", "valable_du": "2026-06-01"} | more
        response = client.post(url, data)
        return response, person.eligibilites.filter(critere=critere).values_list("valable_au", flat=True).last()

    assert given("deld")[1] == date(2028, 5, 31)  # the dated rule
    assert given("structure")[1] == date(2028, 5, 31)  # that of the PASS IAE
    refused, end = given("rqth")
    assert end is None
    assert "la décision vue" in refused.content.decode()
    assert given("rqth", valable_au="2031-12-31")[1] == date(2031, 12, 31)
    signed = {"facilitateur": body, "signee_le": date(2026, 1, 1)}
    f.make_convention(eligibilite_mois=12, **signed)
    assert given("rsa")[1] == date(2027, 5, 31)
    f.make_convention(eligibilite_mois=18, **signed)
    refused, end = given("jeune")
    assert end is None
    assert "12 ou 18 mois" in refused.content.decode()


@pytest.mark.parametrize(
    ("total", "parts", "expected"),
    [
        ("18000", [(None, False), (None, False)], [None, None]),
        ("18000", [("12000", False), ("6000", False)], ["12000", "6000"]),
        ("18000", [("18000", False), (None, False)], ["18000", "0"]),
        ("18000", [("40", True), ("60", True)], ["7200", "10800"]),
        ("100", [("33.33", True), ("33.33", True), ("33.34", True)], ["33.33", "33.33", "33.34"]),
        ("0.05", [("50", True), ("50", True)], ["0.03", "0.02"]),  # to the cent, and still the total
        ("0", [("50", True), ("50", True)], ["0", "0"]),
        (None, [(None, False)], [None]),
    ],
)
def test_shares_make_the_whole(total, parts, expected):
    given = [(value and Decimal(value), percent) for value, percent in parts]
    found = repartir(total and Decimal(total), given)
    assert found == [value and Decimal(value) for value in expected]


@pytest.mark.parametrize(
    ("total", "parts", "said"),
    [
        ("18000", [("40", True), ("50", True)], "font 90\u00a0%"),
        ("18000", [("12000", False), ("5000", False)], "17"),
        ("18000", [("40", True), ("10800", False)], "toutes les parts en pour cent"),
        (None, [("40", True), ("60", True)], "contribution totale"),
        (None, [("400", False)], "contribution totale"),
    ],
)
def test_shares_that_do_not_are_refused(total, parts, said):
    with pytest.raises(Partage, match=said):
        repartir(total and Decimal(total), [(Decimal(value), percent) for value, percent in parts])


@pytest.mark.parametrize(
    ("start", "end", "following"),
    [
        (date(2025, 1, 1), date(2026, 12, 31), (date(2027, 1, 1), date(2028, 12, 31))),
        (date(2025, 9, 1), date(2026, 8, 31), (date(2026, 9, 1), date(2027, 8, 31))),
        (date(2026, 1, 10), date(2026, 1, 20), (date(2026, 1, 21), date(2026, 1, 31))),
        (date(2024, 2, 29), date(2025, 2, 27), (date(2025, 2, 28), date(2026, 2, 27))),
    ],
)
def test_the_next_period_is_as_long(start, end, following):
    assert periode_suivante(start, end) == following


def rows(*buyers):
    """The fields of these (SIRET, share)."""
    data = {"parties-TOTAL_FORMS": str(len(buyers)), "parties-INITIAL_FORMS": "0"}
    for rank, (number, share) in enumerate(buyers):
        data |= {f"parties-{rank}-siret": number, f"parties-{rank}-part": share}
    return data


def typed(acheteur, **more):
    return {
        "intitule": "Convention 2026", "date_debut": "2026-01-01", "date_fin": "2026-12-31",
        "services": ["conseil", "suivi"], "preavis_mois": "3",
    } | rows((acheteur.organisation.identifiant, "")) | more  # fmt: skip


def test_a_facilitator_types_one_and_the_buyer_reads_it():
    buyer, client = sign_in(Role.ACHETEUR), sign_in(Role.FACILITATEUR)
    acheteur = buyer.acteur_organisation.acheteur
    assert client.post(reverse("clauses:convention_create"), typed(acheteur)).status_code == 302
    convention = Convention.objects.get()
    assert list(convention.services.values_list("service", flat=True)) == ["conseil", "suivi"]
    first = convention.services.first()
    client.post(reverse("clauses:convention_service", args=[convention.pk, first.pk]), {"statut": "fait"})
    client.post(reverse("clauses:convention_service", args=[convention.pk, first.pk]), {"statut": "\x00"})
    client.post(reverse("clauses:convention_edit", args=[convention.pk]), typed(acheteur, services=["conseil"]))
    assert [(row.service, row.statut) for row in convention.services.all()] == [("conseil", "fait")]
    assert "Convention 2026" in buyer.get(reverse("clauses:conventions")).content.decode()
    document = buyer.get(reverse("clauses:convention_pdf", args=[convention.pk]))
    assert document.content.startswith(b"%PDF")


@pytest.mark.parametrize(
    "more",
    [
        rows(("123", "")), rows(("\x00", "")), rows(("", "")), rows(("", "5000")), {"parties-TOTAL_FORMS": "abc"},
        {"parties-0-part": "50 %"}, {"parties-0-part": "abc"}, {"contribution_an": "900", "parties-0-part": "90 %"},
        {"contribution_an": "900", "parties-0-part": "9" * 40}, {"date_fin": "2025-01-01"}, {"date_fin": "abc"},
        {"services": ["autre"]}, {"services": []}, {"jour_declaration": "29"}, {"eligibilite_mois": "9" * 40},
        {"contribution_an": "1e400"}, {"territoire": "Nulle-part"}, {"preavis_mois": "-1"}, {"intitule": "x" * 201},
    ],
)  # fmt: skip
def test_bad_input_writes_nothing(more):
    client, acheteur = sign_in(Role.FACILITATEUR), f.make_acheteur()
    assert client.post(reverse("clauses:convention_create"), typed(acheteur, **more)).status_code == 200
    assert not Convention.objects.exists()


def test_each_buyer_has_its_share_and_reads_it():
    buyer, client, other = sign_in(Role.ACHETEUR), sign_in(Role.FACILITATEUR), f.make_acheteur()
    acheteur = buyer.acteur_organisation.acheteur
    shares = rows((acheteur.organisation.identifiant, "40 %"), (other.organisation.identifiant, "60 %"), ("", ""))
    given = typed(acheteur, contribution_an="18 000", **shares)
    assert client.post(reverse("clauses:convention_create"), given).status_code == 302
    convention = Convention.objects.get()
    assert list(convention.parties.values_list("contribution_an", flat=True)) == [7200, 10800]
    assert "7\u202f200" in buyer.get(convention.get_absolute_url()).content.decode()
    page = client.get(reverse("clauses:convention_edit", args=[convention.pk]))
    assert [row.initial for row in page.context["parties"]][:2] == [
        {"siret": acheteur.organisation.identifiant, "part": "7 200"},
        {"siret": other.organisation.identifiant, "part": "10 800"},
    ]
    twice = rows((acheteur.organisation.identifiant, ""), (acheteur.organisation.identifiant, ""))
    refused = client.post(reverse("clauses:convention_edit", args=[convention.pk]), typed(acheteur, **twice))
    assert "déjà dans la liste" in refused.content.decode()


def test_a_convention_is_followed_and_stays_as_it_was():
    client, acheteur = sign_in(Role.FACILITATEUR), f.make_acheteur()
    client.post(reverse("clauses:convention_create"), typed(acheteur, signee_le="2025-12-01", eligibilite_mois="12"))
    former = Convention.objects.get()
    first = former.services.first()
    client.post(reverse("clauses:convention_service", args=[former.pk, first.pk]), {"statut": "fait"})
    url = reverse("clauses:convention_suite", args=[former.pk])
    form = client.get(url).context["form"]
    assert (form.initial["date_debut"], form.initial["date_fin"]) == (date(2027, 1, 1), date(2027, 12, 31))
    assert (form.initial["eligibilite_mois"], form.initial["signee_le"]) == (12, None)
    given = typed(acheteur, date_debut="2027-01-01", date_fin="2027-12-31")
    assert client.post(url, given).status_code == 302
    following = former.suites.get()
    assert [row.statut for row in following.services.all()] == ["a_faire", "a_faire"]
    assert (former.services.get(pk=first.pk).statut, former.date_fin) == ("fait", date(2026, 12, 31))
    assert "Suivie par" in client.get(former.get_absolute_url()).content.decode()
    assert "Fait suite à" in client.get(following.get_absolute_url()).content.decode()
    assert client.get(url).url == following.get_absolute_url()  # one follows, not two
    assert client.get(reverse("clauses:convention_pdf", args=[following.pk])).content.startswith(b"%PDF")


def test_a_task_of_a_convention_is_done_from_its_page():
    client = sign_in(Role.FACILITATEUR)
    convention = f.make_convention(facilitateur=client.acteur_organisation.facilitateur)
    url = reverse("clauses:convention_tache", args=[convention.pk])
    assert client.post(url, {"intitule": "Comité de pilotage", "echeance": "2026-07-01"}).status_code == 302
    assert client.post(url, {"intitule": "\x00"}).status_code == 200
    tache = convention.taches.get()
    done = client.post(reverse("clauses:tache_faite", args=[tache.pk]))
    assert done.url == convention.get_absolute_url()
    tache.refresh_from_db()
    assert tache.faite_le is not None
    stranger = sign_in(Role.FACILITATEUR)
    assert stranger.post(reverse("clauses:tache_faite", args=[tache.pk])).status_code == 404
    assert stranger.post(url, {"intitule": "x"}).status_code == 404


def test_a_tacit_convention_is_recalled_before_its_notice():
    client = sign_in(Role.FACILITATEUR)
    mine = client.acteur_organisation.facilitateur
    f.make_convention(facilitateur=mine, signee_le=date(2026, 1, 1), tacite=True, preavis_mois=3)  # until 30/09/2026
    days = [date(2026, 3, 29), date(2026, 3, 30), date(2026, 6, 30), date(2026, 9, 30), date(2026, 10, 1)]
    assert [rappeler(day) for day in days] == [0, 1, 1, 1, 0]


def test_reminders_six_three_and_one_month_before_once_each():
    client = sign_in(Role.FACILITATEUR)
    mine = client.acteur_organisation.facilitateur
    convention = f.make_convention(facilitateur=mine, signee_le=date(2026, 1, 1))
    days = [date(2026, 6, 29), date(2026, 6, 30), date(2026, 7, 15), date(2026, 9, 30), date(2026, 11, 30)]
    assert [rappeler(day) for day in days] == [0, 1, 0, 1, 1]
    f.make_convention(facilitateur=mine, remplace=convention, date_debut=date(2027, 1, 1), date_fin=date(2027, 12, 31))
    assert rappeler(date(2026, 12, 15)) == 0


@pytest.mark.parametrize("name", ["conventions", "modeles"])
def test_lists_cost_the_same_for_one_row_as_for_ten(name, django_assert_num_queries):
    client = sign_in(Role.FACILITATEUR)
    mine = client.acteur_organisation.facilitateur

    def add():
        convention = f.make_convention(facilitateur=mine)
        f.make_partie_convention(convention=convention)
        f.make_convention(facilitateur=mine, remplace=convention)
        f.make_modele_clause(publie_le="2026-01-01", organisation=mine.organisation)
        f.make_modele_clause(organisation=mine.organisation)  # a draft

    add()
    url = reverse(f"clauses:{name}")
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(9):
        add()
    with django_assert_num_queries(len(one)):
        client.get(url)


def test_the_page_of_a_convention_costs_the_same_for_one_buyer_as_for_ten(django_assert_num_queries):
    client = sign_in(Role.FACILITATEUR)
    convention = f.make_convention(facilitateur=client.acteur_organisation.facilitateur)
    f.make_partie_convention(convention=convention)
    pages = [convention.get_absolute_url(), reverse("clauses:convention_edit", args=[convention.pk])]
    counts = []
    for url in pages:
        client.get(url)
        with CaptureQueriesContext(connection) as one:
            client.get(url)
        counts.append(len(one))
    for rank in range(9):
        f.make_partie_convention(convention=convention)
        f.make_tache(convention=convention, intitule=f"Tâche {rank}")
    for url, count in zip(pages, counts, strict=True):
        with django_assert_num_queries(count):
            client.get(url)
