"""The life of a lot typed by hand: modifications, subcontractors, and what public files say of the same."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from marches.controle import points_de
from marches.enums import Reservation
from marches.importers.contrats import import_file
from marches.models import ActeSousTraitance, Lot, Modification
from marches.stats.registre import synthese_reservations
from portal.permissions import Role
from tests import factories as make
from tests.conftest import sign_in
from tests.marches.decp import record
from tests.marches.test_saisie import HUGE, text

pytestmark = pytest.mark.django_db


def url(name, lot, row=None) -> str:
    return reverse(f"marches:{name}", args=[lot.pk, row.pk] if row else [lot.pk])


@pytest.fixture
def lot(client_acheteur):
    """A draft: the law is asked when it is published."""
    marche = make.make_marche(acheteur=client_acheteur.acteur_organisation.acheteur, publie=False)
    return make.make_lot(marche=marche, montant=Decimal(1000), date_notification=date(2026, 1, 31), duree_mois=12)


def add(client, lot, **given):
    data = {"numero": "1", "date_notification": "2026-03-01", "montant": "1 200", "objet": "Deux sites de plus"}
    return client.post(url("modification_create", lot), data | given)


def test_a_modification_changes_the_lot_and_gives_it_back(client_acheteur, lot):
    assert add(client_acheteur, lot).url == lot.get_absolute_url()
    later = {"numero": "2", "date_notification": "2026-04-01", "montant": "", "duree_mois": "13"}
    holder = make.make_siret()
    add(client_acheteur, lot, nouveaux=f"{holder} Repreneur", **later)
    lot.refresh_from_db()
    assert (lot.montant, lot.montant_initial) == (Decimal(1200), Decimal(1000))
    assert (lot.duree_mois, lot.duree_mois_initiale, lot.date_fin) == (13, 12, date(2027, 2, 27))
    assert lot.titulaires.get().organisation.denomination == "Repreneur"
    page = text(client_acheteur.get(lot.get_absolute_url()))
    for words in ("Deux sites de plus", "Repreneur", "1 200 € HT", "13 mois"):
        assert words in page, words
    first, second = lot.modifications.order_by("numero")
    client_acheteur.post(url("modification_delete", lot, second))
    client_acheteur.post(url("modification_delete", lot, first))
    lot.refresh_from_db()
    assert (lot.montant, lot.duree_mois, lot.date_fin) == (Decimal(1000), 12, date(2027, 1, 30))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"date_notification": ""}, "Donnez le jour de la notification"),
        ({"date_notification": "2026-01-30"}, "Le lot a été notifié le 31/01/2026 : cet acte ne peut pas le précéder"),
        ({"montant": "", "objet": ""}, "Dites ce que cette modification change"),
        ({"nouveaux": "123"}, "123"),
        ({"numero": "\x00"}, "nul"),
        ({"montant": HUGE}, "999 999 999 999,99 au plus"),
        ({"duree_mois": HUGE}, "1200 au plus"),
    ],
)
def test_bad_modifications_are_answered(client_acheteur, lot, given, said):
    assert said in text(add(client_acheteur, lot, **given))
    assert not Modification.objects.exists()


def test_a_modification_is_not_stopped_by_what_was_said_before_it(client_acheteur, lot):
    """A published contract of one lot: the law asks why it is not divided, and a modification is a fact."""
    lot.marche.publie = True
    lot.marche.save()
    assert any(point.verdict.level == "avertissement" for point in points_de(lot.marche))
    assert add(client_acheteur, lot).url == lot.get_absolute_url()
    assert lot.modifications.count() == 1


def test_what_a_modification_brings_about_is_justified_or_refused(client_acheteur, lot):
    """A framework agreement made longer than four years."""
    lot.marche.publie, lot.marche.est_accord_cadre, lot.marche.date_lancement = True, True, date(2026, 1, 2)
    lot.marche.save()
    page = text(add(client_acheteur, lot, duree_mois="60"))
    assert "Nouvelle modification" in page
    assert "Supprimer cet acte" not in page
    assert page.count("dans la fiche du marché") == 1  # the list on top, not the form again
    assert not Modification.objects.exists()


def test_the_same_modification_is_not_typed_twice(client_acheteur, lot):
    add(client_acheteur, lot)
    assert "existe déjà" in text(add(client_acheteur, lot))
    assert Modification.objects.count() == 1


def test_a_subcontractor_is_declared_corrected_and_taken_out(client_acheteur, lot):
    siret = make.make_siret()
    data = {"sous_traitants": f"{siret} Vitres du Bessin", "numero": "1", "statut": "declare", "montant": "500",
            "prestations": "Vitrerie", "paiement_direct": "true"}  # fmt: skip
    assert "Donnez le SIRET" in text(
        client_acheteur.post(url("sous_traitance_create", lot), data | {"sous_traitants": ""})
    )
    early = data | {"date_notification": "2025-12-01"}
    assert "ne peut pas le précéder" in text(client_acheteur.post(url("sous_traitance_create", lot), early))
    client_acheteur.post(url("sous_traitance_create", lot), data | {"date_notification": "2026-01-31"})
    row = ActeSousTraitance.objects.get()
    assert (row.sous_traitant.denomination, row.statut, row.paiement_direct) == ("Vitres du Bessin", "declare", True)
    lot.refresh_from_db()
    assert lot.sous_traitance_declaree
    page = text(client_acheteur.get(lot.get_absolute_url()))
    assert "Vitres du Bessin" in page
    assert "paiement direct" in page
    client_acheteur.post(url("sous_traitance_edit", lot, row), data | {"statut": "accepte"})
    row.refresh_from_db()
    assert row.statut == "accepte"
    assert "existe déjà" in text(client_acheteur.post(url("sous_traitance_create", lot), data))
    client_acheteur.post(url("sous_traitance_delete", lot, row))
    assert not ActeSousTraitance.objects.exists()


def test_a_whole_lot_is_not_subcontracted(client_acheteur, lot):
    for number, amount in (("1", "600"), ("2", "400")):
        data = {"sous_traitants": f"{make.make_siret()} Autre", "numero": number, "montant": amount}
        data["statut"] = "accepte"
        assert client_acheteur.post(url("sous_traitance_create", lot), data).status_code == 302
    page = text(client_acheteur.get(lot.get_absolute_url()))
    assert "Les parts sous-traitées font 1 000 € HT, pour un lot de 1 000 € HT." in page
    ActeSousTraitance.objects.filter(numero="2").update(statut="refuse")
    assert "Les parts sous-traitées font" not in text(client_acheteur.get(lot.get_absolute_url()))


# Public files ---------------------------------------------------------------------------------------------------------
CHANGE = {"modification": {"id": 1, "dateNotificationModification": "2026-03-01", "montant": 60000}}
PUBLISHED = record(datePublicationDonnees="2026-03-10", modifications=[CHANGE])


@pytest.fixture
def imported(write):
    import_file(write(PUBLISHED))
    return Lot.objects.get()


def test_files_and_people_add_to_each_other_once(imported, write):
    buyer = sign_in(Role.ACHETEUR, organisation=imported.marche.acheteur.organisation)
    published = imported.modifications.get()
    form = buyer.get(url("modification_edit", imported, published)).context["form"]
    assert "numero" not in form.fields  # what names a published act stays
    buyer.post(url("modification_edit", imported, published), {"montant": "61000", "objet": "Montant rectifié"})
    add(buyer, imported, numero="2", date_notification="2026-04-01", montant="65000")
    more = record(datePublicationDonnees="2026-05-10", offresRecues=3, modifications=[
        CHANGE, {"modification": {"id": 2, "dateNotificationModification": "2026-04-01", "montant": 64000}},
        {"modification": {"id": 3, "dateNotificationModification": "2026-05-01", "dureeMois": 14}},
    ])  # fmt: skip
    import_file(write(more))
    imported.refresh_from_db()
    rows = list(imported.modifications.order_by("numero").values_list("numero", "montant", "saisie"))
    assert rows == [("1", Decimal(61000), True), ("2", Decimal(65000), True), ("3", None, False)]
    assert (imported.montant, imported.offres_recues) == (Decimal(65000), 3)
    for row in imported.modifications.all():
        refused = text(buyer.post(url("modification_delete", imported, row), follow=True))
        assert "vient des données publiées" in refused
    assert imported.modifications.count() == 3
    before = import_file(write(more)).inchanges
    assert before == 1


# Reserved lots --------------------------------------------------------------------------------------------------------
def test_reserved_lots_are_summed_by_sort(client):
    marche = make.make_marche()
    for reservation, montant in (
        (Reservation.AUCUNE, 100), (Reservation.AUCUNE, 200), (Reservation.HANDICAP, 30), (Reservation.INSERTION, None),
        (Reservation.LES_DEUX, 5), (Reservation.ESS, 7), (Reservation.NON_PRECISEE, 8), (Reservation.PENITENTIAIRE, 9),
    ):  # fmt: skip
        make.make_lot(marche=marche, reservation=reservation, montant=montant)
    found = {ligne.libelle: (ligne.lots, ligne.montant) for ligne in synthese_reservations(marche.lots.all())}
    assert found == {
        "Ouverts à tous": (2, Decimal(300)), "Réservés handicap": (1, Decimal(30)), "Réservés insertion": (1, None),
        "Réservés handicap et insertion": (1, Decimal(5)), "Autres réservations": (3, Decimal(24)),
    }  # fmt: skip
    assert sum(lots for lots, _ in found.values()) == marche.lots.count()
    page = text(client.get(marche.get_absolute_url()))
    assert "À qui les lots sont réservés" in page
    assert "300 € HT" in page


def test_links_to_drafts_are_shown_to_their_buyer_alone(client, client_acheteur):
    acheteur = client_acheteur.acteur_organisation.acheteur
    shown = make.make_lot(marche=make.make_marche(acheteur=acheteur)).marche
    for link in ("predecesseur", "operation_mere", "accord_cadre"):
        draft = make.make_lot(
            marche=make.make_marche(acheteur=acheteur, publie=False, objet=f"Suite {link}", **{link: shown})
        ).marche
        other = make.make_lot(marche=make.make_marche(acheteur=acheteur, **{link: draft})).marche
        for page in (shown, other):
            assert draft.objet not in text(client.get(page.get_absolute_url()))
            assert draft.objet in text(client_acheteur.get(page.get_absolute_url()))


def test_room_for_small_lots_is_shown(client_acheteur, lot):
    lot.montant = lot.montant_estime = Decimal(400_000)
    lot.save()
    address = f"{reverse('marches:create')}?lien=operation_mere&marche={lot.marche_id}"
    assert "chacun sous 80 000 € HT, tous ensemble 80 000 € HT au plus" in text(client_acheteur.get(address))
