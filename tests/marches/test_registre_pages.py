"""Pages of the register in every order, counted up to a bound."""

from decimal import Decimal
from random import Random

import pytest
from django.test import RequestFactory
from django.urls import reverse

from marches.croisements import montants_suspects
from marches.filters import MarcheFilter
from marches.models import Lot, Marche
from marches.models.lots import est_vraisemblable
from marches.upsert import join_stems, reindex
from portal.pagination import paginate
from portal.text import stems
from tests import factories as make

pytestmark = pytest.mark.django_db
WORDS = ("peinture", "toiture", "voirie")


@pytest.fixture
def register():
    """60 contracts, many of the same day, one word each; the same ones every time."""
    random, buyer = Random(7), make.make_acheteur()
    for _ in range(60):
        marche = make.make_marche(
            acheteur=buyer, racines=join_stems(stems(random.choice(WORDS))), recence=20260101 + random.randrange(4)
        )
        make.make_lot(marche=marche, clause_sociale=random.random() < 0.5)


def asked(**query):
    request = RequestFactory().get("/marches/", query)
    return request, MarcheFilter(request.GET, queryset=Marche.objects.all()).qs


@pytest.mark.parametrize("tri", ["recent", "montant", "titre"])
@pytest.mark.parametrize("query", [{}, {"q": "voirie"}, {"q": "voirie", "consideration": "clause"}, {"q": "absent"}])
@pytest.mark.parametrize("plafond", [5, 1_000])
def test_every_page_shows_what_the_plain_query_does(register, tri, query, plafond):
    for number in (1, 2, 3, 99):
        request, found = asked(**query, tri=tri, page=number)
        plain = [marche.pk for marche in found][:plafond]
        assert bool(plain) == (query.get("q") != "absent")
        page = paginate(found, request, per_page=4, plafond=plafond)
        assert page.count == len(plain)
        assert page.plus == (found.count() > plafond)
        start = (page.number - 1) * 4
        assert [marche.pk for marche in page] == plain[start : start + 4]


def shown(response) -> str:
    return response.content.decode().replace("\xa0", " ").replace("\u202f", " ").replace("&nbsp;", " ")


# Amounts that cannot be right ----------------------------------------------------------------------------------------
def test_absurd_amounts_lead_no_order(client):
    """10^17 and 1 € are published; they stay on the page of the lot, and decide neither the order nor the total."""
    amounts = {"Gros": [500_000, 400_000], "Faux": [10**17], "Petit": [1_000], "Mixte": [2_000, 10**12], "Un": [1]}
    for title, values in amounts.items():
        marche = make.make_marche(objet=title)
        for value in values:
            make.make_lot(marche=marche, montant=Decimal(value))
    make.make_lot(marche=make.make_marche(objet="Muet"), montant=None)
    response = client.get(reverse("marches:list"), {"tri": "montant"})
    assert [marche.objet for marche, _, _ in response.context["cartes"]] == [
        "Gros", "Mixte", "Petit", "Muet", "Un", "Faux",
    ]  # fmt: skip
    page = shown(response)
    assert "Le total des lots décide de l’ordre." in page
    assert "1 lot · montant publié peu vraisemblable<" in page
    assert "2 lots · 2 000 € HT · montant publié peu vraisemblable, hors total" in page
    assert "100 000 000 000" not in page
    assert "décide de l’ordre" not in client.get(reverse("marches:list")).content.decode()
    mixte = Marche.objects.get(objet="Mixte")
    assert "1 montant publié peu vraisemblable, hors total" in shown(client.get(mixte.get_absolute_url()))
    lot = mixte.lots.get(montant=10**12)
    assert "1 000 000 000 000 € HT" in shown(client.get(lot.get_absolute_url()))


@pytest.mark.parametrize("montant", ["-3", "0", "1", "1.01", "999999998.99", "999999999", "1000000000.01"])
def test_the_order_and_the_cross_checks_doubt_the_same_amounts(montant):
    lot = make.make_lot(montant=Decimal(montant))
    doubted = Lot.objects.filter(montants_suspects()).filter(pk=lot.pk).exists()
    assert doubted is not est_vraisemblable(Decimal(montant))
    reindex([lot.marche_id])
    lot.marche.refresh_from_db()
    assert lot.marche.montant_lots == (0 if doubted else Decimal(montant))


def test_titles_come_in_the_order_of_the_alphabet_on_both_engines(client):
    titles = ["école", "Élagage", "Entretien", "zinguerie"]
    for title in reversed(titles):
        make.make_marche(objet=title)
    response = client.get(reverse("marches:list"), {"tri": "titre"})
    assert [marche.objet for marche, _, _ in response.context["cartes"]] == [
        "école",
        "Élagage",
        "Entretien",
        "zinguerie",
    ]
