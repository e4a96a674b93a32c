"""Estimates: what the calculator found is kept whole, and becomes a clause."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import rules
from clauses.models import ClauseSociale, Estimation
from portal.permissions import Role
from tests import factories as f
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
KEEP, CALCUL = reverse("clauses:estimation_create"), reverse("clauses:calculateur")
LOT = {
    "calculer": "1", "l-TOTAL_FORMS": "1", "l-0-nom": "Gros œuvre", "l-0-montant": "1 000 000", "l-0-part": "50",
    "l-0-taux": "5", "l-0-cout": "30",
}  # fmt: skip


@pytest.mark.parametrize(("hours", "each", "people"), [(833, 400, 3), (400, 400, 1), (1, 400, 1), (0, 400, 0)])
def test_people_are_rounded_up(hours, each, people):
    assert rules.personnes_pour(hours, each) == people


def test_nobody_works_no_hour():
    with pytest.raises(ValueError, match="works"):
        rules.personnes_pour(10, 0)


def keep(client, titre="Lycée", **more):
    return client.post(f"{KEEP}?{'&'.join(f'{k}={v}' for k, v in (LOT | more).items())}", {"titre": titre})


def test_a_calculation_is_kept_and_comes_back_the_same():
    client = sign_in(Role.ACHETEUR)
    html = client.get(CALCUL, LOT).content.decode()
    assert "Garder l’estimation" in html
    assert "3</span>" in html  # people
    assert keep(client).status_code == 302
    kept = Estimation.objects.get()
    assert (kept.organisation, kept.heures) == (client.acteur_organisation, Decimal(833))
    page = client.get(kept.get_absolute_url())
    assert "valeur saisie" in page.content.decode()
    again = client.get(page.context["calcul_url"])
    assert again.context["total"].arrondi == 833
    assert client.post(reverse("clauses:estimation_delete", args=[kept.pk])).status_code == 302
    assert not Estimation.objects.exists()


def test_visitors_calculate_and_keep_nothing():
    assert "Garder l’estimation" not in Client().get(CALCUL, LOT).content.decode()


@pytest.mark.parametrize(
    ("titre", "more"),
    [("", {}), ("\x00", {}), ("Lycée", {"l-0-montant": "abc"}), ("Lycée", {"l-0-montant": ""}),
     ("Lycée", {"l-TOTAL_FORMS": "2"}),
     ("Lycée", {"l-0-montant": "999999999999", "l-0-cout": "0,01", "l-0-taux": "100"})],
)  # fmt: skip
def test_nothing_is_kept_of_a_calculation_that_does_not_hold(titre, more):
    client = sign_in(Role.ACHETEUR)
    response = keep(client, titre, **more)
    assert response.status_code == 302
    assert response.url.startswith(CALCUL)
    assert not Estimation.objects.exists()


def test_a_facilitator_turns_it_into_a_clause():
    client, lot = sign_in(Role.FACILITATEUR), f.make_lot()
    keep(client, lot=lot.pk)
    url = client.get(Estimation.objects.get().get_absolute_url()).context["create_url"]
    form = client.get(url).context["form"]
    assert form.initial["heures"] == 833
    given = {"type": "condition", "heures": "833", "date_debut": "2026-01-01", "date_fin": "2026-12-31"}
    assert client.post(url, given).status_code == 302
    clause = ClauseSociale.objects.get()
    assert (clause.lot, clause.calcul["heures"], clause.calcul["source"]) == (lot, 833, "valeur saisie")


def test_list_costs_the_same_for_one_as_for_ten(django_assert_num_queries):

    client = sign_in(Role.ACHETEUR)
    f.make_estimation(organisation=client.acteur_organisation, lot=f.make_lot())
    url = reverse("clauses:estimations")
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(9):
        f.make_estimation(organisation=client.acteur_organisation, lot=f.make_lot())
    with django_assert_num_queries(len(one)):
        client.get(url)
