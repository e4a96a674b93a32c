"""Estimates: what the calculator found is kept whole, and becomes a clause."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clauses import rules
from clauses.models import ClauseSociale, Estimation
from portal.permissions import Role
from portal.text import racines
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


def test_what_was_said_before_publication_is_kept_with_it():
    client = sign_in(Role.ACHETEUR)
    keep(client)
    kept = Estimation.objects.get()
    url = reverse("clauses:estimation_note", args=[kept.pk])
    client.post(url, {"note": "Fédération du bâtiment prévenue le 3 mars.\x00" + "x" * 5_000})
    kept.refresh_from_db()
    assert len(kept.note) == 4_000
    assert "Fédération du bâtiment" in client.get(kept.get_absolute_url()).content.decode()
    assert sign_in(Role.ACHETEUR).post(url, {"note": "x"}).status_code == 404


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


TWO = {
    "l-TOTAL_FORMS": "2", "l-1-nom": "Peinture", "l-1-montant": "200 000", "l-1-part": "70", "l-1-taux": "10",
    "l-1-cout": "30",
}  # fmt: skip


def two_lots(client):
    """An estimate of two lots, and the contract it is for."""
    keep(client, **TWO)
    marche = f.make_marche(objet="Construction du lycée")
    year = {"date_debut": date(2026, 1, 1), "date_fin": date(2026, 12, 31)}
    lots = [f.make_lot(marche=marche, objet=objet, **year) for objet in ("Gros œuvre", "Peinture")]
    url = reverse("clauses:estimation_clauses", args=[Estimation.objects.get().pk])
    return lots, f"{url}?marche={marche.pk}"


def fields(*rows, **more):
    data = {"type": "condition", "publics": "Demandeurs d'emploi", "creer": "1"} | more
    for rank, (lot, heures) in enumerate(rows):
        data |= {f"c-{rank}-lot": lot.pk if lot else "", f"c-{rank}-heures": heures}
    return data


def test_an_estimate_of_two_lots_becomes_two_clauses_in_one_action():
    client = sign_in(Role.FACILITATEUR)
    mine = client.acteur_organisation.facilitateur
    type(mine).objects.update(courriel="clause@exemple.fr")
    lots, url = two_lots(client)
    convention = f.make_convention(facilitateur=mine, signee_le="2026-01-01", date_fin=date(2099, 1, 1))
    f.make_partie_convention(convention=convention, acheteur=lots[0].marche.acheteur)
    modele = f.make_modele_clause(publie_le="2026-01-01", texte="{lot} : {heures} heures, {taux}. {publics}")
    page = client.get(url)
    assert [(row.initial["lot"], row.initial["heures"]) for row in page.context["formset"]] == [
        (lots[0], 833), (lots[1], 467),
    ]  # fmt: skip
    given = fields((lots[0], "833"), (lots[1], "500"), modele=modele.pk)
    read_again = client.post(url, {name: value for name, value in given.items() if name != "creer"})
    assert [len(verdicts) for _, verdicts in read_again.context["asked"]] == [0, 0]  # 5 % and 10.7 % of the labour
    assert not ClauseSociale.objects.exists()
    assert client.post(url, given).status_code == 302
    first, second = ClauseSociale.objects.order_by("pk")
    assert (first.lot, second.lot, first.convention, first.modele) == (*lots, convention, modele)
    assert first.texte == "Gros œuvre : 833 heures, 5\u202f%. Demandeurs d'emploi"
    assert [row.heures_dues.get().heures for row in (first, second)] == [833, 500]
    assert "revu" in second.heures_dues.get().motif
    again = client.post(url, given)
    assert "porte déjà une clause" in again.content.decode()
    assert ClauseSociale.objects.count() == 2


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        ([(0, ""), (1, "467")], {}, "sans chiffre"),
        ([(0, "0"), (1, "467")], {}, "sans chiffre"),
        ([(0, "833"), (0, "467")], {}, "déjà choisi"),
        ([(None, ""), (None, "")], {}, "au moins un lot"),
        ([(0, "833"), (None, "")], {"publics": ""}, "obligatoire"),
        ([(0, "833"), (None, "")], {"type": "autre"}, "est pas enregistré"),
        ([(0, "20000"), (None, "")], {}, "toute la main-d"),  # more than the whole lot gives
        ([(0, "9" * 40), (None, "")], {}, "au plus"),
        ([(0, "833"), (None, "")], {"c-0-date_fin": "2025-01-01"}, "précéder"),
        ([(0, "833"), (None, "")], {}, "contact du facilitateur"),  # the body tells no way to reach it
    ],
)
def test_all_are_created_or_none(rows, more, said):
    client = sign_in(Role.FACILITATEUR)
    if said != "contact du facilitateur":
        type(client.acteur_organisation.facilitateur).objects.update(courriel="clause@exemple.fr")
    else:
        type(client.acteur_organisation.facilitateur).objects.update(courriel="", telephone="")
    lots, url = two_lots(client)
    given = fields(*((None if rank is None else lots[rank], heures) for rank, heures in rows), **more)
    page = client.post(url, given)
    assert page.status_code == 200
    assert said in page.content.decode()
    assert not ClauseSociale.objects.exists()


def test_the_contract_of_an_estimate_without_lot_is_looked_for():
    client = sign_in(Role.FACILITATEUR)
    lots, url = two_lots(client)
    marche = lots[0].marche
    reindex = type(marche).objects.filter(pk=marche.pk)
    reindex.update(racines=racines("Construction du lycée"))
    bare = url.partition("?")[0]
    found = client.get(bare, {"q": "construction lycée"})
    assert list(found.context["trouves"]) == [marche]
    assert client.get(bare, {"q": "\x00"}).status_code == 200
    assert client.get(bare, {"marche": "9" * 18}).status_code == 404
    assert client.get(bare, {"marche": "x"}).status_code == 200
