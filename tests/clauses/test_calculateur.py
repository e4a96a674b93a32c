"""The calculator page: open to all, its address is the calculation, bad input gets an answer."""

import re

import pytest
import time_machine
from django.urls import reverse

from tests import factories as f
from tests.clauses.helpers import text

pytestmark = pytest.mark.django_db
CALCUL = reverse("clauses:calculateur")
HUGE = 10**30


@pytest.fixture(autouse=True)
def _in_june():
    with time_machine.travel("2026-06-15 12:00+00:00", tick=False):
        yield


def lots(*rows, **more):
    data = {"calculer": "1", "l-TOTAL_FORMS": len(rows)} | more
    for rank, row in enumerate(rows):
        data |= {f"l-{rank}-{name}": value for name, value in row.items()}
    return data


def test_the_calculator_is_open_to_all_and_its_address_is_the_calculation(client):
    page = text(client.get(CALCUL, lots({"montant": "1 000 000", "part": "50", "taux": "5", "cout": "30"})))
    assert "833 h" in page
    assert "0,52" in page
    assert "833,33 h" in page


def test_several_lots_are_rounded_then_added(client):
    rows = [
        {"montant": "200000", "part": "70", "taux": "10"},
        {"montant": "600000", "part": "50"},
        {"montant": "300000,00", "part": "20"},
    ]
    assert "1 067 h" in text(client.get(CALCUL, lots(*rows)))


def test_hours_give_the_rate(client):
    page = text(client.get(CALCUL, lots({"montant": "400000", "part": "60", "cout": "32", "heures": "500"})))
    assert "6,67 %" in page


def test_a_sector_brings_its_share_and_its_source(client):
    parent = f.make_secteur(code="second-oeuvre", nom="Second œuvre")
    f.make_secteur(code="second-oeuvre.peinture", nom="Peinture", parent=parent)
    page = text(client.get(CALCUL, lots({"montant": "1500000", "secteur": "second-oeuvre.peinture", "taux": "10"})))
    assert "3 500 h" in page
    assert "maisons de l&#x27;emploi" in page


def test_without_labour_the_page_warns(client):
    page = text(client.get(CALCUL, lots({"montant": "1000", "part": "0"})))
    assert "sans main-d&#x27;œuvre" in page


def test_lots_are_added_and_removed_without_script_nor_loss(client):
    data = lots({"montant": "12345", "part": "50"})
    del data["calculer"]
    more = client.get(CALCUL, data | {"ajouter": "1"}).content.decode()
    assert more.count("<fieldset") == 2
    assert 'value="12345"' in more
    less = client.get(CALCUL, data | {"l-TOTAL_FORMS": 2, "retirer": "1"}).content.decode()
    assert less.count("<fieldset") == 1


@pytest.mark.parametrize(
    "row",
    [
        {"montant": "abc"},
        {"montant": ""},
        {"montant": "-5", "part": "50"},
        {"montant": "1e30", "part": "50"},
        {"montant": str(HUGE), "part": "50"},
        {"montant": "9" * 5000, "part": "50"},
        {"montant": "NaN", "part": "50"},
        {"montant": "100", "part": "101"},
        {"montant": "100", "part": "50", "cout": "0"},
        {"montant": "100", "part": "50", "heures": "-1"},
        {"montant": "100", "secteur": "inconnu\x00"},
        {"montant": "100\x00", "part": "50", "nom": "a\x00b"},
        {"montant": "100"},
    ],
)
def test_bad_values_get_an_answer_in_french(client, row):
    response = client.get(CALCUL, lots(row))
    assert response.status_code == 200
    assert "à corriger" in text(response)


@pytest.mark.parametrize("count", [HUGE, "-1", "abc", "", "\x00", "²", "0"])
def test_bad_numbers_of_lots(client, count):
    response = client.get(CALCUL, {"calculer": "1", "l-TOTAL_FORMS": count, "lot": count})
    assert response.status_code == 200


def test_from_a_lot_a_facilitator_goes_back_to_create_the_clause(client_facilitateur, client_acheteur):
    lot = f.make_lot(montant=1_000_000)
    row = {"montant": "1000000", "part": "50", "taux": "5", "cout": "30"}
    page = client_facilitateur.get(CALCUL, lots(row, lot=lot.pk))
    link = re.search(r'href="(/clauses/lots/[^"]+)"', page.content.decode())[1].replace("&amp;", "&")
    assert client_facilitateur.get(link).context["form"].initial["heures"] == 833
    assert "/clauses/lots/" not in client_acheteur.get(CALCUL, lots(row, lot=lot.pk)).content.decode()
