"""Lots attached to another contract, or detached from theirs."""

import pytest
from django.urls import reverse

from marches.models import Lot, Marche
from portal.permissions import Acteur, Role
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine(client_acheteur):
    """A contract of two lots and one of a single lot, of the signed-in buyer."""
    acheteur = client_acheteur.acteur_organisation.acheteur
    double, single = (make.make_marche(acheteur=acheteur, objet=title) for title in ("Double", "Simple"))
    first, second = (make.make_lot(marche=double, objet=title) for title in ("Premier", "Second"))
    return {"double": double, "single": single, "first": first, "second": second, "alone": make.make_lot(marche=single)}


def url(name, lot):
    return reverse(f"marches:lot_{name}", args=[lot.pk])


def test_detach_makes_a_contract_of_the_lot(client_acheteur, mine):
    response = client_acheteur.post(url("detacher", mine["first"]))
    lot = Lot.objects.get(pk=mine["first"].pk)
    assert lot.marche != mine["double"]
    assert lot.marche.objet == "Premier"
    assert response.url == lot.marche.get_absolute_url()
    assert "marche" in lot.champs_saisis
    record = lot.history.first()
    assert (record.history_change_reason, record.history_user) == ("detachement", client_acheteur.user)


def test_detach_a_lot_that_is_alone_changes_nothing(client_acheteur, mine):
    response = client_acheteur.post(url("detacher", mine["alone"]), follow=True)
    assert "déjà seul" in response.content.decode()
    assert Lot.objects.get(pk=mine["alone"].pk).marche == mine["single"]


def test_attach_moves_the_lot(client_acheteur, mine):
    assert "Simple" in client_acheteur.get(url("rattacher", mine["first"])).content.decode()
    client_acheteur.post(url("rattacher", mine["first"]), {"marche": mine["single"].pk})
    assert set(mine["single"].lots.values_list("objet", flat=True)) == {"Premier", mine["alone"].objet}
    assert Marche.objects.filter(pk=mine["double"].pk).exists()


def test_attach_the_last_lot_deletes_the_contract_and_keeps_its_history(client_acheteur, mine):
    client_acheteur.post(url("rattacher", mine["alone"]), {"marche": mine["double"].pk})
    assert not Marche.objects.filter(pk=mine["single"].pk).exists()
    record = Marche.history.filter(id=mine["single"].pk).first()
    assert (record.history_type, record.history_change_reason) == ("-", "rattachement")
    assert record.history_user == client_acheteur.user


@pytest.mark.parametrize("value", ["", "abc", "0", "9" * 30, "stranger"])
def test_attach_elsewhere_is_refused(client_acheteur, mine, value):
    if value == "stranger":
        value = make.make_marche().pk
    response = client_acheteur.post(url("rattacher", mine["first"]), {"marche": value})
    assert response.status_code == 200
    assert response.context["form"].errors["marche"]
    assert Lot.objects.get(pk=mine["first"].pk).marche == mine["double"]


@pytest.mark.parametrize("name", ["rattacher", "detacher"])
def test_another_buyer_finds_nothing(mine, name):
    stranger = sign_in(Role.ACHETEUR)
    assert stranger.post(url(name, mine["first"]), {"marche": mine["single"].pk}).status_code == 404
    assert Lot.objects.get(pk=mine["first"].pk).marche == mine["double"]


def test_administration_revises_any_contract(client_administration, mine):
    assert "Détacher de ce marché" in client_administration.get(mine["first"].get_absolute_url()).content.decode()
    stranger = make.make_marche()
    page = client_administration.get(url("rattacher", mine["first"])).content.decode()
    assert "Simple" in page
    assert stranger.objet not in page
    client_administration.post(url("rattacher", mine["first"]), {"marche": stranger.pk})
    assert Lot.objects.get(pk=mine["first"].pk).marche == mine["double"]
    client_administration.post(url("rattacher", mine["first"]), {"marche": mine["single"].pk})
    lot = Lot.objects.get(pk=mine["first"].pk)
    assert lot.marche == mine["single"]
    assert lot.history.first().history_user == client_administration.user


@pytest.mark.parametrize("siret", ["OTIS", "OTIS ELEVATOR 1", "1234"])
def test_an_identifier_that_is_no_siret_gives_no_reach(siret):
    buyers = [make.make_organisation(identifiant=siret + end, identifiant_valide=False) for end in ("A", "B")]
    assert {buyer.siren for buyer in buyers} == {""}
    marche = make.make_marche(acheteur=make.make_acheteur(organisation=buyers[0]))
    for buyer in buyers:
        acteur = Acteur(organisation=buyer, role=Role.ACHETEUR)
        assert not Marche.objects.editable_by(acteur).exists()
    assert Marche.objects.get() == marche


def test_establishments_of_one_siren_share_their_contracts():
    siren = make.make_siren()
    first, second = (make.make_organisation(identifiant=make.make_siret(siren, nic)) for nic in (1, 2))
    marche = make.make_marche(acheteur=make.make_acheteur(organisation=first))
    assert Marche.objects.editable_by(Acteur(organisation=second, role=Role.ACHETEUR)).get() == marche


def test_detach_needs_a_post(client_acheteur, mine):
    assert client_acheteur.get(url("detacher", mine["first"])).status_code == 405


def test_imports_do_not_undo_what_was_done_by_hand(client_acheteur, tmp_path):
    import json

    from marches.importers.contrats import import_file

    buyer = client_acheteur.acteur_organisation
    text = "Réhabilitation du gymnase : Lot {} : Peinture"
    lots = [
        {"id": f"G{n}", "acheteur": {"id": buyer.identifiant}, "nature": "Marché", "objet": text.format(n)}
        for n in (1, 2)
    ]
    path = tmp_path / "decp.json"
    path.write_text(json.dumps({"marches": {"marche": lots}}))
    import_file(path)
    lot = Lot.objects.get(numero="1")
    client_acheteur.post(url("detacher", lot))
    lot.refresh_from_db()
    alone = lot.marche
    for record in lots:
        record |= {"montant": 5000, "datePublicationDonnees": "2026-05-01"}
    path.write_text(json.dumps({"marches": {"marche": lots}}))
    assert import_file(path).mis_a_jour == 2
    lot.refresh_from_db()
    assert (lot.marche, lot.montant) == (alone, 5000)
    assert Marche.objects.count() == 2
