"""Sector pages: what is bought, who does it, what the upper floors add."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.enums import Reservation
from marches.models import Alliance
from structures.enums import Kind, Mode
from structures.models import Secteur
from structures.nomenclatures import cpv_in_words, cpv_labels
from structures.stats import secteurs
from tests.factories import (
    make_activite,
    make_clause,
    make_heures_dues,
    make_lot,
    make_secteur,
    make_structure,
    make_temoignage,
)
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db


@pytest.fixture
def country(db):
    return make_country()


def page(client, code):
    return client.get(reverse("structures:secteur", args=[code]))


def settle(commune, secteur, **given):
    structure = make_structure(commune=commune, departement=commune.departement, **given)
    make_activite(structure=structure, secteur=secteur)
    return structure


def test_a_family_counts_each_structure_once(country):
    both = settle(country.caen, country.entretien)
    make_activite(structure=both, secteur=country.entretien, mode=Mode.MISE_A_DISPOSITION)
    make_activite(structure=both, secteur=country.jardins)
    settle(country.evreux, country.jardins, kind=Kind.ESAT)
    settle(country.evreux, country.jardins, publiee=False)
    jardins = next(famille for famille in secteurs.familles() if famille.secteur == country.jardins)
    assert jardins.nombre == 2
    assert jardins.enfants == [(country.entretien, 1)]
    found = secteurs.comptes(country.jardins)
    assert (found.total, found.par_departement) == (2, {"14": 1, "27": 1})
    assert {line.valeur: line.nombre for line in found.par_kind} == {"EI": 1, "ESAT": 1}
    assert secteurs.comptes(country.entretien).total == 1


def test_the_list_links_every_sector(country, client):
    html = client.get(reverse("structures:secteurs")).content.decode()
    for secteur in Secteur.objects.all():
        assert secteur.get_absolute_url() in html


def test_the_page_tells_the_trade_and_leads_on(country, client):
    settle(country.caen, country.entretien)
    Secteur.objects.filter(pk=country.entretien.pk).update(
        cpv="773", part_main_oeuvre=Decimal("0.6"), source_part="Observatoire d'essai"
    )
    html = page(client, "jardins.entretien").content.decode()
    assert "Aussi trouvé avec les mots&nbsp;: jardinage, tonte." in html
    assert cpv_labels()["773"] in html
    assert "60\u202f%" in html
    assert "Observatoire d&#x27;essai" in html
    assert "l-0-secteur=jardins.entretien" in html
    assert f"{reverse('structures:potentiel')}?secteur=jardins.entretien" in html
    assert f"{reverse('structures:list')}?secteur=jardins.entretien" in html
    assert f"{reverse('structures:flux')}?secteur=jardins.entretien" in html
    assert "secteur=jardins.entretien&amp;lieu=departement-14" in html


def test_the_calculator_takes_the_sector(country, client):
    Secteur.objects.filter(pk=country.entretien.pk).update(part_main_oeuvre=Decimal("0.6"), source_part="Essai")
    given = {"l-TOTAL_FORMS": "1", "l-0-secteur": "jardins.entretien", "l-0-montant": "100000", "calculer": "1"}
    response = client.get(reverse("clauses:calculateur"), given)
    assert response.context["results"][0]["part"] == Decimal("0.6")


def test_an_unknown_labour_share_is_said(country, client):
    make_secteur(code="sans-part", nom="Sans part")
    html = page(client, "sans-part").content.decode()
    assert "Aucune part de main-d’œuvre publiée" in html


def test_contracts_clauses_stories_and_alliances_of_the_sector(country, client):
    lot = make_lot(
        secteur=country.entretien, objet="Tonte du stade", reservation=Reservation.HANDICAP,
        date_notification=date(2026, 2, 1), montant=Decimal(40_000),
    )  # fmt: skip
    make_lot(secteur=country.jardins, montant=Decimal(20_000))
    make_lot(secteur=country.proprete, objet="Vitres", montant=Decimal(1_000_000))
    make_heures_dues(clause=make_clause(lot=lot), heures=Decimal(500))
    make_temoignage(titre="Un stade vert").structures.add(settle(country.caen, country.entretien))
    for nom, publiee in (("Les jardiniers unis", True), ("Alliance secrète", False)):
        Alliance.objects.create(nom=nom, objet="Tondre ensemble", publiee=publiee).secteurs.add(country.entretien)
    html = page(client, "jardins").content.decode()
    assert "Tonte du stade" in html
    assert "30\u202f000\u202f€\u202fHT" in html
    assert "Vitres" not in html
    assert "1 clause suivie" in html
    assert "500\u202fh" in html
    assert "Un stade vert" in html
    assert "Les jardiniers unis" in html
    assert "Alliance secrète" not in html


@pytest.mark.parametrize("code", ["inconnu", "a\x00b", "x" * 500, "jardins%27", "éà"])
def test_an_unknown_sector_is_not_found(country, client, code):
    assert page(client, code).status_code == 404


def test_the_page_costs_the_same_for_one_row_and_for_ten(country, client):
    def cost():
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert page(client, "jardins").status_code == 200
        return len(queries)

    def add(rank):
        make_temoignage().structures.add(settle(country.caen, country.entretien))
        make_lot(secteur=country.entretien, reservation=Reservation.HANDICAP, date_notification=date(2026, 2, 1))
        make_secteur(code=f"jardins.{rank}", parent=country.jardins)
        Alliance.objects.create(nom=f"Alliance {rank}", objet="x").secteurs.add(country.jardins)

    add(0)
    first = cost()
    for rank in range(1, 6):
        add(rank)
    assert cost() == first
    assert first <= 24


# Codes in words -----------------------------------------------------------------------------------------------------
def test_every_cpv_prefix_has_a_label_of_its_own():
    assert all(label and prefix.isdigit() for prefix, label in cpv_labels().items())
    assert cpv_in_words("773 000") == [("773", cpv_labels()["773"]), ("000", "")]
