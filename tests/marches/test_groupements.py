"""Groups of bidders: who sees and writes them, one spokesperson, shares that make the whole, from alliance to award."""

import re
from datetime import date
from decimal import Decimal
from html import unescape

import pytest
from django.core import mail as outbox
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.enums import FormeGroupement, Reservation
from marches.models import Groupement, Lot, MembreGroupement
from portal.permissions import Role
from structures.enums import Kind
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
HUGE = "9" * 40


@pytest.fixture
def lot():
    return make.make_lot(montant=Decimal(100_000), date_debut=date(2026, 9, 1))


@pytest.fixture
def mine(client_structure):
    return client_structure.acteur_organisation.structures.get()


def text(response) -> str:
    return re.sub(r"\s+", " ", unescape(response.content.decode()))


def typed(*rows, **fields) -> dict:
    """A form of a group with its members; a row is (structure or SIRET, what it has)."""
    data = {"forme": "conjoint", "membres-TOTAL_FORMS": len(rows), "membres-INITIAL_FORMS": 0} | fields
    for rank, (who, given) in enumerate(rows):
        data[f"membres-{rank}-organisme"] = who if isinstance(who, str) else who.organisation.identifiant
        data |= {f"membres-{rank}-{name}": value for name, value in given.items()}
    return data


def create_url(lot: Lot) -> str:
    return reverse("marches:groupement_create", args=[lot.pk])


# Prepared ------------------------------------------------------------------------------------------------------------
def test_a_structure_prepares_a_group_that_its_members_alone_see(client, client_structure, mine, lot):
    partner = make.make_structure(kind=Kind.ACI)
    other = sign_in(Role.STRUCTURE, organisation=partner.organisation)
    company = make.make_siret()
    data = typed(
        (mine, {"mandataire": "on", "part": "50", "voix": "1", "taches": "Tonte"}),
        (partner, {"part": "30", "taches": "Taille"}),
        (company, {"part": "20"}),
        nom="Vert ensemble",
    )
    response = client_structure.post(create_url(lot), data)
    group = Groupement.objects.get()
    assert response.url == group.get_absolute_url()
    assert (group.retenu, group.cree_par) == (False, mine.organisation)
    members = list(group.membres.values_list("organisation__identifiant", "part", "mandataire"))
    assert members[0] == (mine.organisation.identifiant, Decimal(50), True)
    assert (company, Decimal(20), False) in members
    assert group.membres.get(organisation=partner.organisation).structure == partner
    assert group.history.get().history_user == client_structure.user
    page = text(client_structure.get(group.get_absolute_url()))
    assert "En préparation" in page
    assert "30 %" in page
    assert other.get(group.get_absolute_url()).status_code == 200
    assert client.get(group.get_absolute_url()).status_code == 404
    assert sign_in(Role.ACHETEUR, organisation=lot.marche.acheteur.organisation).get(
        group.get_absolute_url()
    ).status_code == 404  # fmt: skip
    assert "Vert ensemble" not in text(client.get(lot.get_absolute_url()))
    assert "Vert ensemble" in text(client_structure.get(lot.get_absolute_url()))
    assert other.user.email in {message.to[0] for message in outbox.outbox}  # the partner is told


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({}, {}, "Désignez un mandataire, et un seul"),
        ({"mandataire": "on"}, {"mandataire": "on"}, "Désignez un mandataire, et un seul"),
        ({"mandataire": "on", "part": "50"}, {"part": "40"}, "Les parts font 90,00 %"),
        ({"mandataire": "on", "part": "0"}, {}, "supérieure à 0 %"),
        ({"mandataire": "on", "part": "101"}, {}, "100 au plus"),
        ({"mandataire": "on", "part": "douze"}, {}, "Écrivez un nombre"),
        ({"mandataire": "on", "part": HUGE}, {}, "100 au plus"),
        ({"mandataire": "on", "voix": HUGE}, {}, "Écrivez 1000 au plus"),
        ({"mandataire": "on", "voix": "-1"}, {}, "Écrivez 0 ou plus"),
        ({"mandataire": "on", "voix": "deux"}, {}, "Écrivez un nombre entier"),
    ],
)
def test_a_group_that_does_not_stand_is_refused_and_nothing_typed_is_lost(
    client_structure, mine, lot, first, second, said
):
    partner = make.make_structure()
    page = text(client_structure.post(create_url(lot), typed((mine, first), (partner, second), gouvernance="Un vote")))
    assert said in page
    assert "Un vote" in page
    assert partner.organisation.identifiant in page
    assert not Groupement.objects.exists()


def test_the_form_names_its_members_and_says_who_is_told(client_structure, mine, lot):
    partner = make.make_structure(nom="Le Partenaire")
    rows = ((mine, {"mandataire": "on"}), (partner, {}))
    told = text(client_structure.post(create_url(lot), typed(*rows), follow=True))
    assert "Le groupement est enregistré ; les membres ajoutés sont prévenus." in told
    edit = reverse("marches:groupement_edit", args=[Groupement.objects.get().pk])
    page = text(client_structure.get(edit))
    assert f"<legend>Membre 1 : {mine.nom}</legend>" in page
    assert "<legend>Membre 2 : Le Partenaire</legend>" in page
    assert "<legend>Membre 3</legend>" in page
    assert "Non précisé" in page
    bad = text(client_structure.post(edit, typed(*rows, ("nul", {}))))
    assert "<legend>Membre 2 : Le Partenaire</legend>" in bad
    again = text(
        client_structure.post(edit, typed((mine, {"mandataire": "on"}), (partner, {"voix": "1"})), follow=True)
    )
    assert "Le groupement est enregistré." in again


def test_what_is_the_same_of_several_members_is_said_once(client_structure, mine, lot):
    lot.reservation, lot.services_sociaux = Reservation.ESS, True
    lot.save()
    group = make.make_groupement(lot=lot, forme=FormeGroupement.SOLIDAIRE, cree_par=mine.organisation)
    make.make_membre_groupement(groupement=group, structure=mine, organisation=mine.organisation, mandataire=True)
    for name in ("Aune", "Bouleau", "Charme"):
        body = make.make_structure(nom=name, kind=Kind.AI)
        make.make_membre_groupement(groupement=group, structure=body, organisation=body.organisation)
    page = text(client_structure.get(group.get_absolute_url()))
    assert "Aune (AI), Bouleau (AI) et Charme (AI) : ouvert seulement aux entreprises" in page


def test_one_member_alone_twice_or_without_who_writes_is_no_group(client_structure, mine, lot):
    partner, third = make.make_structure(), make.make_structure()
    alone = typed((mine, {"mandataire": "on"}))
    twice = typed((mine, {"mandataire": "on"}), (mine, {}))
    without = typed((partner, {"mandataire": "on"}), (third, {}))
    for data, said in (
        (alone, "au moins deux opérateurs"),
        (twice, "nommé deux fois"),
        (without, "Votre organisation doit être parmi les membres"),
    ):
        assert said in text(client_structure.post(create_url(lot), data))
    assert not Groupement.objects.exists()


@pytest.mark.parametrize("who", ["12345678901234", "Dupont", "\x00", HUGE, "/structures/99999999-rien/", " "])
def test_an_unknown_member_says_what_to_write(client_structure, mine, lot, who):
    response = client_structure.post(create_url(lot), typed((mine, {"mandataire": "on"}), (who, {"part": "10"})))
    assert response.status_code == 200
    assert not Groupement.objects.exists()


def test_a_draft_contract_of_a_buyer_cannot_be_answered(client_structure, mine):
    hidden = make.make_lot(marche=make.make_marche(publie=False))
    assert client_structure.get(create_url(hidden)).status_code == 404


def test_the_spokesperson_passes_on_and_members_leave(client_structure, mine, lot):
    partner, third = make.make_structure(), make.make_structure()
    group = make.make_groupement(lot=lot, retenu=False)
    make.make_membre_groupement(groupement=group, organisation=mine.organisation, mandataire=True)
    make.make_membre_groupement(groupement=group, organisation=third.organisation)
    url = reverse("marches:groupement_edit", args=[group.pk])
    data = typed((mine, {}), (partner, {"mandataire": "on"}))
    assert client_structure.post(url, data).status_code == 302
    assert group.membres.get(mandataire=True).organisation == partner.organisation
    assert not group.membres.filter(organisation=third.organisation).exists()
    # No longer spokesperson, nor who made it: it is the others' to write.
    assert client_structure.get(url).status_code == 404
    assert client_structure.get(group.get_absolute_url()).status_code == 200


# Applied, chosen -----------------------------------------------------------------------------------------------------
def test_the_buyer_sees_a_group_that_applied_and_chooses_it(client_acheteur):
    lot = make.make_lot(marche=make.make_marche(acheteur=client_acheteur.acteur_organisation.acheteur))
    old = make.make_titulaire(lot=lot)
    members = [make.make_structure(), make.make_structure()]
    group = make.make_groupement(lot=lot, retenu=False)
    for rank, structure in enumerate(members):
        make.make_membre_groupement(
            groupement=group, organisation=structure.organisation, structure=structure, mandataire=not rank, rang=rank
        )
    assert client_acheteur.get(group.get_absolute_url()).status_code == 404
    Groupement.objects.update(candidature_le=date(2026, 5, 2))
    assert "Retenir ce groupement" in text(client_acheteur.get(group.get_absolute_url()))
    url = reverse("marches:groupement_retenir", args=[group.pk])
    assert client_acheteur.post(url).url == group.get_absolute_url()
    lot.refresh_from_db()
    assert list(lot.titulaires.values_list("organisation", flat=True)) == [each.organisation_id for each in members]
    assert not lot.titulaires.filter(pk=old.pk).exists()
    assert "titulaires" in lot.champs_saisis  # no import brings the former holder back
    members[0].refresh_from_db()
    assert members[0].a_cotraite
    assert "déjà titulaire" in text(client_acheteur.post(url, follow=True))


def test_a_lot_has_one_group_that_won(client_acheteur):
    lot = make.make_lot(marche=make.make_marche(acheteur=client_acheteur.acteur_organisation.acheteur))
    one, two = make.make_structure(), make.make_structure()
    data = typed((one, {"mandataire": "on"}), (two, {}), forme="solidaire")
    assert client_acheteur.post(create_url(lot), data).status_code == 302
    group = Groupement.objects.get()
    assert (group.retenu, group.forme) == (True, FormeGroupement.SOLIDAIRE)
    assert lot.titulaires.count() == 2
    assert "déjà titulaire de ce lot" in text(client_acheteur.post(create_url(lot), data))
    assert Groupement.objects.count() == 1
    url = reverse("marches:groupement_supprimer", args=[group.pk])
    assert "ne peut pas être supprimé" in text(client_acheteur.post(url, follow=True))
    assert Groupement.objects.exists()


def test_a_candidate_group_is_given_up(client_structure, mine, lot):
    group = make.make_groupement(lot=lot, retenu=False)
    make.make_membre_groupement(groupement=group, organisation=mine.organisation, mandataire=True)
    assert client_structure.post(reverse("marches:groupement_supprimer", args=[group.pk])).url == lot.get_absolute_url()
    assert not Groupement.objects.exists()
    assert group.history.filter(history_type="-").exists()


def test_a_signature_cannot_come_before_the_application(client_structure, mine, lot):
    rows = ((mine, {"mandataire": "on"}), (make.make_structure(), {}))
    data = typed(*rows, candidature_le="2026-05-02", signature_le="2026-04-01")
    assert "avant la remise de la candidature" in text(client_structure.post(create_url(lot), data))


# Changed -------------------------------------------------------------------------------------------------------------
@pytest.fixture
def applied(mine, lot):
    group = make.make_groupement(lot=lot, retenu=False, candidature_le=date(2026, 5, 2))
    make.make_membre_groupement(groupement=group, organisation=mine.organisation, mandataire=True)
    for _ in range(2):
        make.make_membre_groupement(groupement=group)
    return group


def changed(who: str, **fields) -> dict:
    usual = {"organisme": who, "entree": "0", "le": "2026-05-20", "motif": "impossibilite"}
    return {f"changement-{name}": value for name, value in (usual | fields).items()}


def test_a_change_of_member_is_noted_and_done(client_structure, applied):
    url = reverse("marches:groupement_changer", args=[applied.pk])
    leaving = applied.membres.filter(mandataire=False).first().organisation
    response = client_structure.post(url, changed(leaving.identifiant, accord_acheteur_le="2026-05-19"))
    assert response.status_code == 302
    assert not applied.membres.filter(organisation=leaving).exists()
    coming = make.make_structure()
    client_structure.post(url, changed(coming.organisation.identifiant, entree="1", motif="restructuration"))
    assert applied.membres.filter(organisation=coming.organisation, structure=coming).exists()
    page = text(client_structure.get(applied.get_absolute_url()))
    assert "Accord de l’acheteur du 19/05/2026" in page
    assert "Accord de l’acheteur non noté" in page


def test_changes_that_cannot_be_say_why(client_structure, mine, applied):
    url = reverse("marches:groupement_changer", args=[applied.pk])
    inside = applied.membres.filter(mandataire=False).first().organisation
    for data, said in (
        (changed(mine.organisation.identifiant), "Le mandataire ne part pas"),
        (changed(make.make_siret()), "n'est pas membre"),
        (changed(inside.identifiant, entree="1"), "déjà membre"),
        (changed(inside.identifiant, motif="autre"), "Dites ce qui s'est passé"),
        (changed(inside.identifiant, le="hier"), "Écrivez une date"),
        (changed(inside.identifiant, entree="peut-être"), "choix"),
    ):
        assert said in text(client_structure.post(url, data))
    assert applied.membres.count() == 3
    applied.membres.exclude(organisation__in=[mine.organisation, inside]).delete()
    assert "le ferait disparaître" in text(client_structure.post(url, changed(inside.identifiant)))


# From an alliance ----------------------------------------------------------------------------------------------------
def test_an_alliance_becomes_a_group_in_one_action(client_structure, mine, lot):
    alliance = make.make_alliance(nom="Le vert du Calvados", gouvernance="Un vote chacun")
    pilot = make.make_membre_alliance(alliance=alliance, pilote=True, apport="Encadrement").structure
    make.make_membre_alliance(alliance=alliance, structure=mine, apport="Équipes")
    url = reverse("marches:alliance_proposer", args=[alliance.pk])
    response = client_structure.post(
        url, {"lot": f"http://testserver{lot.get_absolute_url()}?x=1", "forme": "conjoint"}
    )
    group = Groupement.objects.get()
    assert response.url == group.get_absolute_url()
    assert (group.alliance, group.retenu, group.gouvernance) == (alliance, False, "Un vote chacun")
    places = list(group.membres.values_list("structure", "mandataire", "taches"))
    assert places == [(pilot.pk, True, "Encadrement"), (mine.pk, False, "Équipes")]
    again = text(client_structure.post(url, {"lot": str(lot.pk), "forme": "conjoint"}))
    assert "déjà un groupement en préparation" in again


@pytest.mark.parametrize("typed_lot", ["", "rien", HUGE, "0", "/marches/lots/99999999/", "\x00"])
def test_a_lot_that_does_not_exist_is_refused(client_structure, mine, typed_lot):
    alliance = make.make_membre_alliance(structure=mine).alliance
    url = reverse("marches:alliance_proposer", args=[alliance.pk])
    assert client_structure.post(url, {"lot": typed_lot, "forme": "conjoint"}).status_code == 200
    assert not Groupement.objects.exists()


def test_from_the_page_of_a_lot_to_a_group_of_the_alliance(client_structure, mine, lot):
    alliance = make.make_membre_alliance(structure=mine, alliance=make.make_alliance(nom="Les Voisines")).alliance
    make.make_membre_alliance(alliance=make.make_alliance(nom="Alliance d'autrui"))
    shown = text(client_structure.get(create_url(lot)))
    assert "Répondre avec « Les Voisines »" in shown
    assert "autrui" not in shown
    url = reverse("marches:alliance_proposer", args=[alliance.pk])
    assert str(lot) in text(client_structure.get(url, {"lot": lot.pk}))
    for wrong in ("", "x", "9" * 40, "\x00"):
        assert client_structure.get(url, {"lot": wrong}).status_code == 200


def test_nobody_applies_for_a_lot_that_somebody_holds(client_structure, mine, lot):
    alliance = make.make_membre_alliance(structure=mine).alliance
    other = make.make_membre_alliance(alliance=alliance).structure
    assert "Préparer un groupement" in text(client_structure.get(lot.get_absolute_url()))
    make.make_titulaire(lot=lot)
    assert "Préparer un groupement" not in text(client_structure.get(lot.get_absolute_url()))
    asked = {"lot": str(lot.pk), "forme": "conjoint"}
    page = client_structure.post(reverse("marches:alliance_proposer", args=[alliance.pk]), asked)
    assert "Ce lot a déjà un titulaire" in text(page)
    data = typed((mine, {"mandataire": "on"}), (other, {}))
    assert "Ce lot a déjà un titulaire" in text(client_structure.post(create_url(lot), data))
    assert not Groupement.objects.exists()


def test_an_alliance_of_one_who_can_bid_is_refused(client_structure, mine, lot):
    alliance = make.make_membre_alliance(structure=mine).alliance
    url = reverse("marches:alliance_proposer", args=[alliance.pk])
    assert "deux membres" in text(client_structure.post(url, {"lot": str(lot.pk), "forme": "conjoint"}))


# Law, print, costs ---------------------------------------------------------------------------------------------------
def test_the_page_says_what_the_law_says(client_structure, mine):
    """[003]'s group: an EA with EI, on a lot reserved to insertion alone."""
    lot = make.make_lot(
        reservation=Reservation.INSERTION, marche=make.make_marche(date_lancement=date(2026, 3, 1)),
        montant=Decimal(100_000),
    )  # fmt: skip
    ea = make.make_structure(kind=Kind.EA, nom="Atelier adapté")
    group = make.make_groupement(lot=lot, retenu=False)
    make.make_membre_groupement(groupement=group, organisation=mine.organisation, structure=mine, mandataire=True)
    make.make_membre_groupement(groupement=group, organisation=ea.organisation, structure=ea)
    page = text(client_structure.get(group.get_absolute_url()))
    assert "Atelier adapté (EA)" in page
    assert "notice-blocage" in page
    Lot.objects.update(reservation=Reservation.LES_DEUX)
    MembreGroupement.objects.update(part=50)
    assert "notice-blocage" not in text(client_structure.get(group.get_absolute_url()))


def test_the_summary_prints_alone(client_structure, applied):
    page = text(client_structure.get(reverse("marches:groupement_imprimer", args=[applied.pk])))
    assert "Candidature remise le 02/05/2026" in page
    assert "<nav" not in page


def test_pages_cost_the_same_for_two_members_or_twelve(client_structure, mine, lot):
    def queries(url):
        with CaptureQueriesContext(connection) as counted:
            assert client_structure.get(url).status_code == 200
        return len(counted)

    group = make.make_groupement(lot=lot, retenu=False)
    make.make_membre_groupement(groupement=group, organisation=mine.organisation, structure=mine, mandataire=True)

    def join():
        structure = make.make_structure()
        make.make_membre_groupement(groupement=group, organisation=structure.organisation, structure=structure)

    join()
    pages = [
        group.get_absolute_url(), reverse("marches:groupements"), lot.get_absolute_url(),
        reverse("marches:groupement_imprimer", args=[group.pk]),
    ]  # fmt: skip
    few = [queries(url) for url in pages]
    for _ in range(10):
        join()
        other = make.make_groupement(retenu=False)
        make.make_membre_groupement(groupement=other, organisation=mine.organisation)
    assert [queries(url) for url in pages] == few
