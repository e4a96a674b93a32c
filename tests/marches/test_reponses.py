"""« Puis-je répondre ? », « Les règles appliquées », and what the law says on the pages of contracts and lots."""

import html
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.enums import NatureContrat, Reservation
from marches.models import Marche
from marches.parametres import LIBELLES, regles, seuils
from portal.permissions import Role
from structures.enums import Kind
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
REGLES = reverse("marches:regles")
LARGEST_PAGE = 60_000


def text(response) -> str:
    assert response.status_code == 200
    return " ".join(html.unescape(response.content.decode()).replace("\u00a0", " ").split())


def acting(role, organisation=None):
    return sign_in(role, organisation=organisation)


@pytest.fixture
def lot():
    marche = make.make_marche(objet="Tri", date_lancement=date(2026, 2, 1))
    return make.make_lot(marche=marche, objet="Tri des papiers", reservation=Reservation.INSERTION)


@pytest.fixture
def atelier():
    return make.make_structure(
        nom="Atelier Fil", kind=Kind.EI, convention_debut=date(2015, 1, 1), convention_fin=date(2028, 1, 1),
        effectif=20, effectif_parcours=15,
    )  # fmt: skip


def ask(client, lot, **question):
    return client.get(reverse("marches:puis_je_repondre", args=[lot.pk]), question)


def words(response) -> list[tuple[str, str]]:
    return [(examen.noms, examen.mot) for examen in (*response.context["seuls"], *response.context["ensemble"])]


# « Puis-je répondre ? » ----------------------------------------------------------------------------------------------
def test_a_structure_is_answered_for_itself_without_asking(lot, atelier):
    response = ask(acting(Role.STRUCTURE, atelier.organisation), lot)
    assert words(response) == [("Atelier Fil (EI)", "oui")]
    assert "Ce type de structure est visé par la réservation." in text(response)


def test_each_of_its_kinds_is_answered(lot, atelier):
    make.make_structure(nom="Atelier Fil", kind=Kind.EA, organisation=atelier.organisation)
    client = acting(Role.STRUCTURE, atelier.organisation)
    assert sorted(words(ask(client, lot))) == [("Atelier Fil (EA)", "non"), ("Atelier Fil (EI)", "oui")]
    assert words(ask(client, lot, structure=atelier.pk)) == [("Atelier Fil (EI)", "oui")]


def test_with_partners_of_the_directory(lot, atelier):
    ally = make.make_structure(nom="Papiers Bleus", kind=Kind.ACI)
    esat = make.make_structure(nom="Les Tilleuls", kind=Kind.ESAT)
    client = acting(Role.STRUCTURE, atelier.organisation)
    response = ask(client, lot, partenaires=ally.organisation.identifiant)
    assert words(response)[1] == ("Atelier Fil (EI), Papiers Bleus (ACI)", "oui")
    response = ask(client, lot, partenaires=f"{ally.organisation.identifiant}\n{esat.get_absolute_url()}")
    assert words(response)[1][1] == "non"
    assert "Les Tilleuls (ESAT) n'est pas visé par la réservation" in text(response)
    other = make.make_structure(nom="Les Ormes", kind=Kind.ESAT)
    page = text(ask(client, lot, partenaires=f"{other.get_absolute_url()}\n{esat.get_absolute_url()}"))
    assert "Les Ormes (ESAT) et Les Tilleuls (ESAT) ne sont pas visés par la réservation" in page
    assert "Répondez sans ces membres" in page
    assert "Répondez sans ce membre," not in page


def test_with_partners_of_its_alliances(lot, atelier):
    ally, stranger = make.make_structure(nom="Papiers Bleus"), make.make_structure(nom="Inconnue")
    alliance = make.make_alliance()
    for structure in (atelier, ally):
        make.make_membre_alliance(alliance=alliance, structure=structure)
    client = acting(Role.STRUCTURE, atelier.organisation)
    assert "Papiers Bleus (EI)" in text(ask(client, lot))
    assert words(ask(client, lot, allies=ally.pk))[1] == ("Atelier Fil (EI), Papiers Bleus (EI)", "oui")
    response = ask(client, lot, allies=stranger.pk)
    assert not response.context["form"].is_valid()
    assert response.status_code == 200


def test_a_siret_outside_the_directory_is_an_ordinary_company(lot, atelier):
    company = make.make_organisation(denomination="Transports Durand")
    client = acting(Role.STRUCTURE, atelier.organisation)
    response = ask(client, lot, partenaires=company.identifiant)
    assert words(response)[1] == ("Atelier Fil (EI), Transports Durand", "non")
    response = ask(client, lot, partenaires=company.identifiant, preuves="on")
    assert words(response)[1][1] == "sous condition"


def test_a_buyer_names_the_structure(lot, atelier):
    client = acting(Role.ACHETEUR)
    assert "Nommez une structure." in text(ask(client, lot))
    assert words(ask(client, lot, structure=atelier.organisation.identifiant)) == [("Atelier Fil (EI)", "oui")]
    response = ask(client, lot, partenaires=atelier.organisation.identifiant)
    assert "Nommez la structure qui répondrait avec Atelier Fil (EI)" in text(response)


@pytest.mark.parametrize("question", [
    {"structure": "n'importe quoi"}, {"structure": "\x00"}, {"structure": "9" * 400}, {"partenaires": "\x00\n9" * 30},
    {"partenaires": "12345678900000"}, {"allies": "zéro"}, {"allies": "9" * 50}, {"preuves": "x"},
])  # fmt: skip
@pytest.mark.parametrize("role", [Role.STRUCTURE, Role.ACHETEUR])
def test_any_question_gets_a_page(lot, atelier, role, question):
    client = acting(role, atelier.organisation if role == Role.STRUCTURE else None)
    assert ask(client, lot, **question).status_code == 200


def test_htmx_asks_for_the_answer_alone(lot, atelier):
    client = acting(Role.STRUCTURE, atelier.organisation)
    response = client.get(reverse("marches:puis_je_repondre", args=[lot.pk]), headers={"HX-Request": "true"})
    assert "Atelier Fil" in text(response)
    assert "<html" not in response.content.decode()


def test_a_draft_does_not_exist(lot, atelier):
    Marche.objects.update(publie=False)
    assert ask(acting(Role.STRUCTURE, atelier.organisation), lot).status_code == 404


@pytest.mark.parametrize(
    ("reservation", "nature", "expected"),
    [
        (Reservation.NON_PRECISEE, NatureContrat.MARCHE, "à vérifier"),
        (Reservation.AUCUNE, NatureContrat.MARCHE, "oui"),
        (Reservation.INSERTION, NatureContrat.PRIVE, "à vérifier"),
        (Reservation.ESS, NatureContrat.MARCHE, "sous condition"),
        (Reservation.LES_DEUX, NatureContrat.CONCESSION, "non"),
    ],
)
def test_the_word_of_the_answer(atelier, reservation, nature, expected):
    marche = make.make_marche(date_lancement=date(2026, 2, 1), nature=nature)
    lot = make.make_lot(marche=marche, reservation=reservation)
    assert words(ask(acting(Role.STRUCTURE, atelier.organisation), lot))[0][1] == expected


def test_an_unknown_launch_leaves_the_answer_open(atelier):
    lot = make.make_lot(reservation=Reservation.LES_DEUX, date_notification=date(2021, 2, 1))
    response = ask(acting(Role.STRUCTURE, atelier.organisation), lot)
    assert words(response)[0][1] == "à vérifier"
    assert "Date de lancement inconnue" in text(response)


def test_ten_partners_cost_what_one_does(lot, atelier):
    client = acting(Role.STRUCTURE, atelier.organisation)
    alliance = make.make_alliance()
    make.make_membre_alliance(alliance=alliance, structure=atelier)
    allies = [make.make_membre_alliance(alliance=alliance).structure.pk for _ in range(8)]
    costs = []
    for chosen in (allies[:1], allies):
        ask(client, lot, allies=chosen)
        with CaptureQueriesContext(connection) as seen:
            ask(client, lot, allies=chosen)
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_the_lot_and_the_board_lead_to_it(lot, atelier):
    client = acting(Role.STRUCTURE, atelier.organisation)
    assert reverse("marches:puis_je_repondre", args=[lot.pk]) in text(client.get(lot.get_absolute_url()))
    assert "Puis-je répondre ?" in text(client.get(reverse("pages:tableau_de_bord")))


# The law on the pages of the register --------------------------------------------------------------------------------
def test_a_lot_says_what_the_law_says_of_it(client):
    marche = make.make_marche(date_lancement=date(2020, 12, 1), reservation_mentionnee=False)
    lot = make.make_lot(marche=marche, reservation=Reservation.LES_DEUX)
    said = text(client.get(lot.get_absolute_url()))
    assert "Réservation conjointe impossible avant le 9 décembre 2020" in said
    assert f'{REGLES}#conjointe_interdite"' in said
    assert "ne mentionnent pas" not in said  # what a buyer typed is its own business
    buyer = acting(Role.ACHETEUR, marche.acheteur.organisation)
    assert "ne mentionnent pas" in text(buyer.get(lot.get_absolute_url()))


def test_a_contract_says_its_points_to_its_buyer(client):
    marche = make.make_marche(date_lancement=date(2026, 9, 1), type="services", montant_estime=Decimal(300_000))
    make.make_lot(marche=marche)
    assert "Condition sociale obligatoire" not in text(client.get(marche.get_absolute_url()))
    buyer = acting(Role.ACHETEUR, marche.acheteur.organisation)
    said = text(buyer.get(marche.get_absolute_url()))
    assert said.index("Tout le marché") < said.index("Condition sociale obligatoire")


def test_the_room_for_small_lots_is_told_to_the_buyer(client):
    marche = make.make_marche(date_lancement=date(2026, 6, 1), type="services")
    for numero in range(4):
        make.make_lot(marche=marche, numero=str(numero), montant_estime=Decimal(500_000))
    make.make_lot(marche=marche, numero="5", montant_estime=Decimal(60_000), petit_lot=True)
    said = text(acting(Role.ACHETEUR, marche.acheteur.organisation).get(marche.get_absolute_url()))
    assert "Il reste 352 000 € HT." in said.replace("\u202f", " ")
    assert "Petits lots en procédure adaptée" not in text(client.get(marche.get_absolute_url()))


def test_a_contract_of_fifty_lots_costs_what_one_lot_does():
    costs = []
    for lots in (1, 50):
        marche = make.make_marche(date_lancement=date(2026, 9, 1))
        for rank in range(lots):
            make.make_lot(marche=marche, numero=str(rank), reservation=Reservation.ESS)
        buyer = acting(Role.ACHETEUR, marche.acheteur.organisation)
        buyer.get(marche.get_absolute_url())
        with CaptureQueriesContext(connection) as seen:
            response = buyer.get(marche.get_absolute_url())
        costs.append(len(seen))
        assert len(response.content) < 2 * LARGEST_PAGE
        assert len(response.context["points"]) <= 15
    assert costs[0] == costs[1]


# « Les règles appliquées » -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("partie", ["regles", "seuils", "bases"])
def test_each_part_is_open_and_light(client, partie):
    response = client.get(REGLES, {"partie": partie})
    assert response.status_code == 200
    assert len(response.content) <= LARGEST_PAGE


def test_every_rule_is_shown_with_its_anchor(client):
    page = client.get(REGLES).content.decode()
    for code in {row.code for row in regles()}:
        assert f'id="{code}"' in page
    said = text(client.get(REGLES))
    for row in regles():
        assert row.intitule in said
        assert row.article in said


def test_every_threshold_has_a_name(client):
    assert set(LIBELLES) == {row.code for row in seuils()}
    said = text(client.get(REGLES, {"partie": "seuils"}))
    assert all(name in said for name, _ in LIBELLES.values())
    assert {unit for _, unit in LIBELLES.values()} == {"euros", "part", "mois", "jours"}


def test_the_law_of_a_day(client):
    said = text(client.get(REGLES, {"partie": "regles", "le": "2020-12-08"}))
    assert "avant la loi ASAP" in said
    assert "avant la loi ASAP" not in text(client.get(REGLES, {"partie": "regles", "le": "2020-12-09"}))
    said = text(client.get(REGLES, {"partie": "seuils", "le": "2025-06-01"}))
    assert "221 000" in said.replace("\u202f", " ")
    assert "216 000" not in said.replace("\u202f", " ")
    said = text(client.get(REGLES, {"partie": "bases", "le": "2018-06-01"}))
    assert "Ordonnance 2015-899, art. 38" in said
    assert "art. 14" not in said


@pytest.mark.parametrize("le", ["hier", "\x00", "0001-01-01", "9999-12-31", "2026-02-30", ""])
@pytest.mark.parametrize("partie", ["regles", "seuils", "bases", "\x00"])
def test_any_day_gets_a_page(client, partie, le):
    assert client.get(REGLES, {"partie": partie, "le": le}).status_code == 200
