"""Pages of the register in every order, counted up to a bound."""

from random import Random

import pytest
from django.test import RequestFactory

from marches.filters import MarcheFilter
from marches.models import Marche
from marches.upsert import join_stems
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
