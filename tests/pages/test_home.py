from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from portal.pages.stats import accueil
from tests.factories import (
    make_departement,
    make_imputation,
    make_lot,
    make_marche,
    make_structure,
    make_temoignage,
)

HOME = "pages:accueil"


def test_home_of_an_empty_portal(client, db):
    page = client.get(reverse(HOME)).content.decode()
    assert page.count("<h1") == 1
    assert "Aucun marché social" in page
    assert "Les premiers témoignages arrivent" in page
    assert "carte" in page


def test_two_search_forms_lead_to_the_lists(client, db):
    page = client.get(reverse(HOME)).content.decode()
    assert f'action="{reverse("structures:list")}"' in page
    assert f'action="{reverse("marches:list")}"' in page
    assert 'name="q"' in page
    assert 'name="ou"' in page


def test_live_figures(client, db):
    make_structure(publiee=False)
    for _ in range(2):
        make_structure()
    make_lot(reservation="handicap")
    make_lot(clause_sociale=True)
    make_lot(critere_social=True, clause_sociale=True)
    make_lot()
    make_imputation(etat="acceptee", heures=Decimal("10.50"))
    make_imputation(etat="transmise", heures=Decimal("99"))
    found = accueil.chiffres()
    assert (found.structures, found.lots, found.heures) == (2, 3, Decimal("10.50"))


def test_figures_are_kept_a_minute(db, django_assert_num_queries):
    accueil.chiffres()
    accueil.carte_structures()
    with django_assert_num_queries(0):
        accueil.chiffres()
        accueil.carte_structures()


def test_the_map_counts_by_departement(client, db):
    calvados = make_departement(code="14", nom="Calvados")
    make_structure(departement=calvados)
    make_structure(departement=calvados, publiee=False)
    counts = {lieu.code: lieu.nombre for lieu in accueil.carte_structures().lieux}
    assert counts["14"] == 1
    assert counts["75"] == 0


PARIS = ZoneInfo("Europe/Paris")


def test_open_contracts_come_first_then_the_latest(db):
    on = datetime(2026, 11, 22).date()
    old = make_marche(recence=20260101)
    recent = make_marche(recence=20260601)
    closing = make_marche(date_limite=datetime(2026, 11, 22, 23, 30, tzinfo=PARIS))
    closed = make_marche(date_limite=datetime(2026, 11, 21, 23, 30, tzinfo=PARIS), recence=20260301)
    plain = make_marche(recence=20261101)
    for marche in (old, recent, closing, closed):
        make_lot(marche=marche, reservation="insertion")
    make_lot(marche=plain)
    found = accueil.marches_recents(on)
    assert [(each.marche, each.ouvert) for each in found] == [(closing, True), (recent, False), (closed, False)]
    assert found[0].marques == [("insertion", "Réservé insertion (SIAE)")]


def test_every_reservation_has_a_mark(db):
    from marches.enums import Reservation

    for reservation in Reservation:
        marche = make_marche()
        make_lot(marche=marche, reservation=reservation)
        labels = [label for _, label in accueil.marques(marche)]
        assert labels == ([] if reservation == Reservation.AUCUNE else [reservation.label])


@pytest.mark.parametrize("number", [1, 5])
def test_three_latest_stories(client, db, number):
    for rank in range(number):
        make_temoignage(titre=f"Récit {rank}")
    page = client.get(reverse(HOME)).content.decode()
    assert page.count("story-card") == min(number, 3)
