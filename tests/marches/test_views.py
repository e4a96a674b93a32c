"""Pages of the register: what they find, what they show, what they cost, what they survive."""

import html
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marches.enums import FormeGroupement, Reservation
from marches.models import Marche
from marches.upsert import reindex
from structures.enums import Kind
from tests import factories as make

pytestmark = pytest.mark.django_db
LIST = reverse("marches:list")


def search(client, **criteria):
    """Subjects of the contracts found."""
    response = client.get(LIST, criteria)
    assert response.status_code == 200
    return {marche.objet for marche, _, _ in response.context["cartes"]}


@pytest.fixture
def register():
    """Three contracts: a school of two lots, green spaces, a school bus."""
    normandie = make.make_region(code="28", nom="Normandie")
    eure = make.make_departement(code="27", nom="Eure", region=normandie)
    evreux = make.make_commune(code="27229", nom="Évreux", departement=eure, nom_tri="evreux")
    make.make_code_postal(code="27000", commune=evreux)
    batiment = make.make_secteur(code="batiment", nom="Bâtiment")
    proprete = make.make_secteur(code="proprete", nom="Propreté", parent=batiment)
    ville = make.make_acheteur(organisation=make.make_organisation(denomination="Commune d'Évreux"))
    ecole = make.make_marche(objet="École Jean-Macé", acheteur=ville)
    make.make_lot(
        marche=ecole, numero="1", objet="Gros œuvre", cpv="45223220", secteur=batiment, montant=Decimal(900),
        date_notification=date(2026, 1, 10), clause_sociale=True, departement=eure,
    )  # fmt: skip
    make.make_lot(
        marche=ecole, numero="2", objet="Nettoyage", cpv="90911200", secteur=proprete, montant=Decimal(100),
        date_notification=date(2026, 6, 10), reservation=Reservation.INSERTION, commune=evreux, departement=eure,
    )  # fmt: skip
    jardins = make.make_marche(objet="Espaces verts")
    make.make_lot(
        marche=jardins, objet="Tonte", montant=Decimal(5000), date_notification=date(2025, 5, 1), critere_social=True,
        lieu_type="Code région", lieu_code="28",
    )  # fmt: skip
    cars = make.make_marche(objet="Car scolaire")
    make.make_lot(marche=cars, objet="Transport", lieu_type="Code postal", lieu_code="27000", departement=eure)
    reindex(Marche.objects.values_list("pk", flat=True))
    return {"ecole": ecole, "jardins": jardins, "cars": cars, "siren": ville.organisation.siren}


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, {"École Jean-Macé", "Espaces verts", "Car scolaire"}),
        ({"q": "ecoles"}, {"École Jean-Macé"}),
        ({"q": "espace vert"}, {"Espaces verts"}),
        ({"q": "tonte"}, {"Espaces verts"}),
        ({"q": "evreux"}, {"École Jean-Macé"}),
        ({"acheteur": "evreux"}, {"École Jean-Macé"}),
        ({"acheteur": "000 000 000"}, set()),
        ({"secteur": "batiment"}, {"École Jean-Macé"}),
        ({"secteur": "proprete"}, {"École Jean-Macé"}),
        ({"cpv": "909"}, {"École Jean-Macé"}),
        ({"cpv": "50"}, set()),
        ({"lieu": "Eure"}, {"École Jean-Macé", "Car scolaire"}),
        ({"lieu": "Normandie"}, {"École Jean-Macé", "Espaces verts", "Car scolaire"}),
        ({"lieu": "Évreux"}, {"École Jean-Macé", "Car scolaire"}),
        ({"lieu": "Nulle-Part-sur-Rien"}, set()),
        ({"du": "2026-01-01"}, {"École Jean-Macé"}),
        ({"au": "2025-12-31"}, {"Espaces verts"}),
        ({"consideration": "clause"}, {"École Jean-Macé"}),
        ({"consideration": "critere"}, {"Espaces verts"}),
        ({"consideration": "reserve"}, {"École Jean-Macé"}),
        ({"consideration": "toute"}, {"École Jean-Macé", "Espaces verts"}),
        ({"consideration": "aucune"}, {"Car scolaire"}),
        ({"reservation": "insertion"}, {"École Jean-Macé"}),
        ({"reservation": "handicap"}, set()),
        ({"reservation": "insertion", "cpv": "909"}, {"École Jean-Macé"}),
        ({"reservation": "insertion", "cpv": "45"}, set()),  # two lots, never one with both
        ({"consideration": "clause", "du": "2026-05-01"}, set()),
    ],
)
def test_filters(client, register, criteria, found):
    assert search(client, **criteria) == found


def test_filter_by_siren_of_the_buyer(client, register):
    assert search(client, acheteur=register["siren"]) == {"École Jean-Macé"}


def test_filter_by_holder(client, register):
    lot = register["ecole"].lots.get(numero="1")
    holder = make.make_titulaire(lot=lot).organisation
    assert search(client, connu="1") == set()
    make.make_structure(organisation=holder, publiee=False)
    assert search(client, connu="1") == set()
    make.make_structure(organisation=holder, kind=Kind.ACI)
    assert search(client, connu="1") == {"École Jean-Macé"}
    assert search(client, connu="1", reservation="insertion") == set()
    assert search(client, titulaire=holder.siren) == {"École Jean-Macé"}


@pytest.mark.parametrize(
    ("tri", "titles"),
    [
        ("", ["École Jean-Macé", "Espaces verts", "Car scolaire"]),
        ("montant", ["Espaces verts", "École Jean-Macé", "Car scolaire"]),
    ],
)
def test_order(client, register, tri, titles):
    response = client.get(LIST, {"tri": tri})
    assert [marche.objet for marche, _, _ in response.context["cartes"]] == titles


def test_card_says_how_many_lots_match(client, register):
    response = client.get(LIST, {"reservation": "insertion"})
    assert "dont 1 répond à vos critères" in response.content.decode()
    assert "Réservé insertion (SIAE)" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "page=" + "9" * 30, "page=-1", "page=x", "q=%00", "q=" + "a" * 5000, "acheteur=%00", "cpv=abc", "du=abc",
        "du=0001-01-01", "au=9999-12-31", "lieu=%00", "lieu=" + "x" * 999, "secteur=inconnu", "reservation=%27",
        "consideration=x", "tri=x", "connu=2", "titulaire=%00", "q=%25_%5C", "du=99999999999-01-01",
        "du=mardi", "du=%00", "du=2026-12-31&au=2026-01-01", "tri=%00", "page=%00", "connu=%00", "secteur=%00",
        *(f"{name}={10**30}" for name in ("q", "acheteur", "secteur", "cpv", "lieu", "du", "au", "titulaire")),
    ],
)  # fmt: skip
def test_bad_input_is_answered(client, register, query):
    assert client.get(f"{LIST}?{query}").status_code == 200


def test_dates_in_the_wrong_order_are_said(client, register):
    text = client.get(LIST, {"du": "2026-12-31", "au": "2026-01-01"}).content.decode()
    assert "La fin de la période précède son début" in text


def test_bad_value_is_said(client, register):
    text = client.get(LIST, {"cpv": "abc"}).content.decode()
    assert "Écrivez le début du code en chiffres" in text


def test_empty_states(client):
    assert "Le registre est encore vide" in client.get(LIST).content.decode()
    assert "Aucun marché ne répond" in client.get(LIST, {"q": "rien"}).content.decode()


def test_htmx_gets_the_results_alone(client, register):
    response = client.get(LIST, headers={"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "3 marchés" in response.content.decode()


def make_full_marche(count=1):
    marche = make.make_marche()
    for n in range(count):
        lot = make.make_lot(marche=marche, numero=str(n), date_notification=date(2026, 1, 1), duree_mois=12)
        organisation = make.make_titulaire(lot=lot).organisation
        make.make_structure(organisation=organisation)
        make.make_modification(lot=lot)
        make.make_acte_sous_traitance(lot=lot)
        make.make_source_lot(lot=lot)
    return marche


def queries(client, url):
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_list_costs_the_same_for_many(client):
    make_full_marche()
    url = f"{LIST}?consideration=aucune"
    one = queries(client, url)
    for _ in range(19):
        make_full_marche(2)
    assert queries(client, url) == one <= 8
    assert len(client.get(url).content) < 60_000


def test_detail_costs_the_same_for_many_lots(client):
    assert queries(client, make_full_marche(1).get_absolute_url()) == queries(
        client, make_full_marche(12).get_absolute_url()
    )


def test_lot_costs_the_same_for_many_parts(client):
    lots = []
    for count in (1, 8):
        lot = make_full_marche().lots.get()
        groupement = make.make_groupement(lot=lot)
        for _ in range(count):
            organisation = make.make_titulaire(lot=lot).organisation
            structure = make.make_structure(organisation=organisation)
            make.make_membre_groupement(groupement=groupement, organisation=organisation, structure=structure)
            make.make_modification(lot=lot)
            make.make_acte_sous_traitance(lot=lot)
        lots.append(lot)
    assert queries(client, lots[0].get_absolute_url()) == queries(client, lots[1].get_absolute_url())


def test_detail_shows_lots_holders_and_links(client, register):
    ecole = register["ecole"]
    ecole.predecesseur = register["cars"]
    ecole.save()
    holder = make.make_titulaire(lot=ecole.lots.get(numero="2")).organisation
    structure = make.make_structure(organisation=holder, nom="Chantier propre")
    text = client.get(ecole.get_absolute_url()).content.decode()
    assert "1 lot réservé" in text
    assert structure.get_absolute_url() in text
    assert register["cars"].get_absolute_url() in text
    assert "Première notification le 10/01/2026" in text
    assert "Rattacher" not in text


def test_lot_page_tells_amounts_group_and_answers(client):
    lot = make.make_lot(
        montant=Decimal(1500), montant_initial=Decimal(1000), reservation=Reservation.INSERTION,
        date_notification=date(2024, 2, 29), duree_mois=12, reconductions=1, objet_publie="Texte d'origine",
    )  # fmt: skip
    make.make_modification(lot=lot, numero="7", montant=Decimal(1500))
    groupement = make.make_groupement(lot=lot, forme=FormeGroupement.SOLIDAIRE)
    make.make_membre_groupement(groupement=groupement, mandataire=True, part=Decimal(60), taches="Coordination")
    text = client.get(lot.get_absolute_url()).content.decode().replace("\xa0", " ")
    for words in (
        "1\u202f500\u202f€\u202fHT", "1\u202f000\u202f€\u202fHT", "n° 7", "Chaque membre répond de la totalité",
        "Mandataire", "Coordination", "Reconduction 1", "28/02/2025", "Texte d&#x27;origine",
        "structure équivalente", "L. 2113-13",
    ):  # fmt: skip
        assert words in text


def test_a_large_group_is_named_by_its_mandataire_then_whole_on_the_lot_page(client):
    lot = make.make_lot()
    groupement = make.make_groupement(lot=lot, forme=FormeGroupement.NON_PRECISEE, gouvernance="Une voix chacun.")
    structures = [make.make_structure(nom=f"Association {n:02}") for n in range(11)]
    for n, structure in enumerate(structures):
        make.make_titulaire(lot=lot, organisation=structure.organisation, rang=n)
        given = {"organisation": structure.organisation, "structure": structure, "mandataire": n == 4, "voix": 1}
        make.make_membre_groupement(groupement=groupement, **given)
    text = client.get(lot.marche.get_absolute_url()).content.decode()
    assert "Association 04" in text
    assert "Association 00" not in text
    assert "et 10 autres" in text
    text = client.get(lot.get_absolute_url()).content.decode()
    assert all(text.count(f">Association {n:02}<") == 1 for n in range(11))
    assert "Une voix chacun." in text
    assert "non publiée" not in text


@pytest.mark.parametrize(("count", "words"), [(3, ""), (4, "et 3 autres")])
def test_a_few_holders_are_all_named(client, count, words):
    lot = make.make_lot()
    names = [make.make_titulaire(lot=lot, rang=n).organisation.nom for n in range(count)]
    text = client.get(lot.marche.get_absolute_url()).content.decode()
    assert names[0] in text
    assert ("autres<" in text) is bool(words)
    assert words in text


def test_demonstration_data_says_so(client):
    marche = make.make_marche(fictif=True)
    lot = make.make_lot(marche=marche, fictif=True)
    for url in (LIST, marche.get_absolute_url(), lot.get_absolute_url()):
        assert "Données de démonstration" in client.get(url).content.decode()


@pytest.mark.parametrize("url", ["/marches/99999999/", "/marches/lots/99999999/", "/marches/9" + "9" * 30 + "/"])
def test_unknown_pages_are_not_found(client, url):
    assert client.get(url).status_code == 404


def test_structure_page_shows_its_lots(client):
    structure = make.make_structure()
    alone = make.make_marche(objet="Entretien du parc")
    make.make_titulaire(lot=make.make_lot(marche=alone, numero="3"), organisation=structure.organisation)
    grouped = make.make_lot(marche=make.make_marche(objet="Nettoyage des écoles"), numero="")
    groupement = make.make_groupement(lot=grouped)
    make.make_membre_groupement(groupement=groupement, organisation=structure.organisation, structure=structure)
    text = html.unescape(client.get(structure.get_absolute_url()).content.decode()).replace("\u00a0", " ")
    assert "le lot 3 du marché « Entretien du parc »" in text
    assert "le marché « Nettoyage des écoles »" in text
    assert "Membre d'un groupement" in text


@pytest.mark.django_db
def test_an_open_call_says_so_first_in_the_register(client):
    buyer = make.make_acheteur()
    old = make.make_marche(acheteur=buyer, objet="Ancien")
    make.make_lot(marche=old, date_notification=date(2020, 1, 1))
    call = make.make_marche(
        acheteur=buyer, objet="Appel ouvert", date_lancement=date(2026, 1, 5),
        date_limite=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    lot = make.make_lot(marche=call, montant_estime=54_000)
    reindex([old.pk, call.pk])
    call.refresh_from_db()
    assert call.recence == 20260105
    page = client.get(reverse("marches:list")).content.decode()
    assert page.index("Appel ouvert") < page.index("Ancien")
    assert "offres attendues avant le" in page
    for url in (call.get_absolute_url(), lot.get_absolute_url()):
        page = client.get(url).content.decode()
        assert "En consultation" in page
        assert "Dates inconnues" not in page
        assert "54\u202f000" in page


@pytest.mark.django_db
def test_a_contract_of_hundreds_of_lots_stays_light(client):
    marche = make.make_marche()
    for number in range(1, 121):
        make.make_titulaire(
            lot=make.make_lot(marche=marche, numero=str(number), objet=f"Menuiserie {number} " + "x" * 90)
        )
    page = client.get(marche.get_absolute_url())
    assert len(page.content) < 60_000
    assert "120 lots" in html.unescape(page.content.decode()).replace("\u202f", " ").replace("\xa0", " ")
    assert "Menuiserie 120" in client.get(marche.get_absolute_url(), {"page": 3}).content.decode()
