"""Operators that are in no list (régie without convention, OACAS), award criteria, lots taken out of an operation."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from marches.enums import CriteresAttribution, Reservation, TypeMarche
from marches.juridique import verdicts_marche
from marches.models import Groupement
from marches.rules.ponderation import lire_grille
from portal.permissions import Role
from portal.verdict import Niveau
from structures.enums import Kind
from tests import factories as make
from tests.conftest import sign_in
from tests.marches.test_groupements import create_url
from tests.marches.test_groupements import text as plain
from tests.marches.test_groupements import typed as group_typed
from tests.marches.test_reponses import ask, words
from tests.marches.test_saisie import page_of, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def lot():
    marche = make.make_marche(date_lancement=date(2026, 2, 1))
    return make.make_lot(marche=marche, reservation=Reservation.INSERTION)


@pytest.fixture
def atelier():
    return make.make_structure(
        nom="Atelier Fil", kind=Kind.EI, convention_debut=date(2015, 1, 1), convention_fin=date(2028, 1, 1),
        effectif=20, effectif_parcours=15,
    )  # fmt: skip


# « Puis-je répondre ? » ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("statut", "mot", "dit"),
    [
        ("regie", "non", "c'est la convention qui compte"),
        ("oacas", "sous condition", "son équivalence n'est pas tranchée"),
        ("entreprise", "non", "entreprise ordinaire"),
    ],
)
def test_who_has_no_card_says_what_it_is(lot, statut, mot, dit):
    body = make.make_organisation(denomination="Coteaux")
    client = sign_in(Role.ENTREPRISE, organisation=body)
    response = ask(client, lot, statut=statut)
    ((name, word),) = words(response)
    assert name.startswith("Coteaux")
    assert word == mot
    assert dit in text(response)
    buyer = sign_in(Role.ACHETEUR)
    assert [word for _, word in words(ask(buyer, lot, statut=statut))] == [mot]


def test_a_structure_named_is_read_before_what_has_no_card(lot, atelier):
    response = ask(sign_in(Role.ACHETEUR), lot, structure=atelier.organisation.identifiant, statut="regie")
    assert words(response) == [("Atelier Fil (EI)", "oui")]


def test_a_structure_of_the_directory_is_not_asked(lot, atelier):
    client = sign_in(Role.STRUCTURE, organisation=atelier.organisation)
    assert "statut" not in ask(client, lot).context["form"].fields


@pytest.mark.parametrize(
    ("mot", "name", "together"),
    [
        ("régie", "Coteaux (régie)", "non"),
        ("(Régie)", "Coteaux (régie)", "non"),
        ("OACAS", "Coteaux (OACAS)", "sous condition"),
        ("Emmaüs", "Coteaux (OACAS)", "sous condition"),
        ("", "Coteaux", "non"),
    ],
)
def test_a_partner_is_named_with_what_it_is(lot, atelier, mot, name, together):
    company = make.make_organisation(denomination="Coteaux")
    client = sign_in(Role.STRUCTURE, organisation=atelier.organisation)
    response = ask(client, lot, partenaires=f"{company.identifiant} {mot}")
    assert words(response)[1] == (f"Atelier Fil (EI), {name}", together)


def test_a_regie_with_a_convention_answers_by_its_card(lot, atelier):
    regie = make.make_structure(
        nom="Régie Nord", kind=Kind.ACI, convention_debut=date(2015, 1, 1), convention_fin=date(2028, 1, 1),
        effectif=10, effectif_parcours=9,
    )  # fmt: skip
    client = sign_in(Role.STRUCTURE, organisation=atelier.organisation)
    response = ask(client, lot, partenaires=f"{regie.organisation.identifiant} régie")
    assert words(response)[1] == ("Atelier Fil (EI), Régie Nord (ACI)", "oui")


@pytest.mark.parametrize("statut", ["\0", "x" * 500, "regie\0"])
def test_any_status_gets_a_page(lot, statut):
    assert ask(sign_in(Role.ACHETEUR), lot, statut=statut, partenaires=statut).status_code == 200


# In a group ---------------------------------------------------------------------------------------------------------
def test_a_member_outside_the_lists_is_judged_as_what_it_is(client_structure, lot):
    mine = client_structure.acteur_organisation.structures.get()
    oacas, regie = make.make_organisation(denomination="Compagnons"), make.make_organisation(denomination="Coteaux")
    assert "fiche dans l" in plain(client_structure.get(create_url(lot)))
    data = group_typed(
        (mine, {"mandataire": "on"}),
        (oacas.identifiant, {"statut": "oacas"}),
        (regie.identifiant, {"statut": "regie"}),
    )
    client_structure.post(create_url(lot), data)
    group = Groupement.objects.get()
    page = plain(client_structure.get(group.get_absolute_url()))
    assert set(group.membres.values_list("statut", flat=True)) == {"", "oacas", "regie"}
    assert "OACAS" in page
    assert "c'est la convention qui compte" in page
    assert "n'est pas tranchée" in page
    edit = client_structure.get(reverse("marches:groupement_edit", args=[group.pk]))
    assert [form["statut"].value() for form in edit.context["membres"]][1:3] == ["oacas", "regie"]


def test_a_member_with_a_card_has_no_other_status(client_structure, lot, atelier):
    mine = client_structure.acteur_organisation.structures.get()
    data = group_typed((mine, {"mandataire": "on"}), (atelier, {"statut": "oacas"}))
    assert "c'est elle qui compte" in plain(client_structure.post(create_url(lot), data))
    assert not Groupement.objects.exists()


# Award criteria -----------------------------------------------------------------------------------------------------
def codes(marche) -> dict[str, Niveau]:
    return {verdict.regle: verdict.level for verdict in verdicts_marche(marche, list(marche.lots.all()))}


def test_criteria_are_typed_and_judged_by_the_day_of_launch(client_acheteur):
    mine = client_acheteur.acteur_organisation.acheteur
    marche = make.make_lot(
        marche=make.make_marche(acheteur=mine, date_lancement=date(2026, 8, 20), publie=False)
    ).marche
    assert "criteres_inconnus" not in codes(marche)
    url, _, data = page_of(client_acheteur, "edit", marche)
    both = data | {"criteres": "prix", "critere_environnemental": "true"}
    assert "le prix n'est plus seul" in text(client_acheteur.post(url, both))
    client_acheteur.post(url, data | {"criteres": "prix", "achat_standardise": "false"})
    marche.refresh_from_db()
    assert (marche.criteres, marche.achat_standardise) == (CriteresAttribution.PRIX, False)
    assert codes(marche)["prix_seul"] == Niveau.AVERTISSEMENT
    marche.date_lancement = date(2026, 8, 21)
    assert codes(marche)["prix_seul_interdit"] == Niveau.BLOCAGE
    marche.criteres, marche.critere_environnemental = CriteresAttribution.PLUSIEURS, False
    assert codes(marche)["environnement_absent"] == Niveau.BLOCAGE
    marche.criteres = ""
    assert codes(marche)["criteres_inconnus"] == Niveau.INFORMATION
    assert "Le prix seul" in text(client_acheteur.get(marche.get_absolute_url()))


def test_a_contract_awarded_on_price_alone_stays_a_draft(client, client_acheteur):
    mine = client_acheteur.acteur_organisation.acheteur
    marche = make.make_marche(
        acheteur=mine, date_lancement=date(2026, 9, 1), publie=False, criteres=CriteresAttribution.PRIX
    )
    make.make_lot(marche=marche)
    page = text(client_acheteur.post(reverse("marches:publier", args=[marche.pk]), {"justification": "Urgent"}))
    assert "Le prix ne peut plus être le seul critère" in page
    assert client.get(marche.get_absolute_url()).status_code == 404


def test_an_imported_contract_is_not_asked_its_criteria():
    marche = make.make_lot(marche=make.make_marche(date_lancement=date(2026, 9, 1), cle="a")).marche
    assert "criteres_inconnus" not in codes(marche)


# Lots taken out of an operation -------------------------------------------------------------------------------------
def test_small_lots_taken_out_share_the_room_of_the_operation(client_acheteur):
    mine = client_acheteur.acteur_organisation.acheteur
    usual = {"acheteur": mine, "type": TypeMarche.SERVICES, "date_lancement": date(2026, 2, 1)}
    mother = make.make_marche(**usual, procedure="Appel d'offres ouvert", prestations_distinctes=True)
    for value in (300_000, 100_000):
        make.make_lot(marche=mother, montant_estime=Decimal(value))
    taken = make.make_marche(**usual, operation_mere=mother, procedure="Procédure adaptée")
    small = make.make_lot(marche=taken, montant_estime=Decimal(70_000), petit_lot=True)
    assert not {code for code in codes(taken) if code.startswith("petit_lot")}
    assert "procedure_insuffisante" not in codes(taken)
    regime = next(v for v in verdicts_marche(taken, [small]) if v.regle == "regime")
    assert "Procédure formalisée pour l'opération entière" in regime.reason
    page = text(client_acheteur.get(mother.get_absolute_url()))
    assert "94 000 € HT" in page  # 20 % of 470 000 €
    assert "24 000 € HT" in page  # less the lot taken out
    second = make.make_marche(**usual, operation_mere=mother, procedure="Procédure adaptée")
    make.make_lot(marche=second, montant_estime=Decimal(60_000), petit_lot=True)  # 106 000 € of room, 130 000 € taken
    assert codes(taken)["petit_lot_part"] == codes(mother)["petit_lot_part"] == Niveau.BLOCAGE
    # The page that takes out one more tells the same room, and what such a lot is taken out for.
    third = text(client_acheteur.get(f"{reverse('marches:create')}?lien=operation_mere&marche={mother.pk}"))
    assert "106 000 € HT au plus" in third
    assert "C’est déjà trop : 130 000 € HT sont pris" in third
    assert 'value="Procédure adaptée"' in third
    assert "allotissement_inconnu" not in codes(taken)  # one lot of an operation of several is no single lot


def test_an_operation_has_two_levels(client_acheteur):
    """Else the value of the whole, which decides the procedure, would be lost on the way."""
    mine = client_acheteur.acteur_organisation.acheteur
    mother, other = (make.make_marche(acheteur=mine, reference=name, objet=name) for name in ("MÈRE", "AUTRE"))
    taken = make.make_marche(acheteur=mine, operation_mere=mother, reference="EXTRAIT")
    for marche in (mother, other, taken):
        make.make_lot(marche=marche)
    page = text(client_acheteur.get(taken.get_absolute_url()))
    assert "Extraire un autre petit lot de l’opération" in page
    assert f"lien=operation_mere&marche={mother.pk}" in page
    again = text(client_acheteur.get(f"{reverse('marches:create')}?lien=operation_mere&marche={taken.pk}"))
    assert "Petit lot extrait de cette opération : <a" in again
    assert mother.get_absolute_url() in again
    url, _, data = page_of(client_acheteur, "liens", other)
    assert "lui-même extrait d'une opération, « MÈRE »" in text(
        client_acheteur.post(url, data | {"operation_mere": "EXTRAIT"})
    )
    url, _, data = page_of(client_acheteur, "liens", mother)
    assert "il est lui-même une opération" in text(client_acheteur.post(url, data | {"operation_mere": "AUTRE"}))
    url, _, data = page_of(client_acheteur, "liens", other)
    assert client_acheteur.post(url, data | {"operation_mere": "MÈRE"}).status_code == 302


def test_criteria_told_lot_by_lot_are_told():
    marche = make.make_marche(date_lancement=date(2026, 9, 1))
    lots = [make.make_lot(marche=marche) for _ in range(2)]
    assert "criteres_inconnus" in codes(marche)
    for lot in lots:
        lot.criteres = lire_grille("Prix : 60 %\nQualité : 40 %")[0].en_json
        lot.save()
    assert "criteres_inconnus" not in codes(marche)
