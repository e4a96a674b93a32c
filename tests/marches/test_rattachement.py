"""Lots attached to another contract, or detached from theirs."""

from datetime import date

import pytest
from django.urls import reverse

from marches.actions import ActionRefusee, rattacher
from marches.enums import MotifDispense
from marches.models import DispenseSociale, Lot, Marche
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


# Drafts, buyers without number, what hangs on a contract --------------------------------------------------------------
def test_a_lot_taken_out_of_a_draft_stays_a_draft(client, client_acheteur, mine):
    Marche.objects.filter(pk=mine["double"].pk).update(publie=False)
    response = client_acheteur.post(url("detacher", mine["first"]))
    assert not Lot.objects.get(pk=mine["first"].pk).marche.publie
    assert client.get(response.url).status_code == 404


@pytest.mark.parametrize("published", ["double", "single"])
def test_drafts_and_published_contracts_do_not_mix(client_acheteur, mine, published):
    """Else a lot would be shown, or hidden, without anybody publishing it."""
    hidden = "single" if published == "double" else "double"
    Marche.objects.filter(pk=mine[hidden].pk).update(publie=False)
    page = client_acheteur.get(url("rattacher", mine["first"])).content.decode()
    assert "Simple" not in page
    refused = client_acheteur.post(url("rattacher", mine["first"]), {"marche": mine["single"].pk})
    assert refused.context["form"].errors["marche"]
    lot, target = (
        Lot.objects.select_related("marche").get(pk=mine["first"].pk),
        Marche.objects.get(pk=mine["single"].pk),
    )
    with pytest.raises(ActionRefusee, match="brouillon"):
        rattacher(lot=lot, marche=target, by=Acteur(user=client_acheteur.user))
    assert Lot.objects.get(pk=mine["first"].pk).marche == mine["double"]


def test_two_buyers_without_a_number_are_not_one(client_administration):
    lots = []
    for name in ("A", "B"):
        body = make.make_organisation(identifiant=f"SANS-{name}", type_identifiant="AUTRE", identifiant_valide=False)
        lots.append(make.make_lot(marche=make.make_marche(acheteur=make.make_acheteur(organisation=body), objet=name)))
    response = client_administration.post(url("rattacher", lots[0]), {"marche": lots[1].marche_id})
    assert response.context["form"].errors["marche"]
    with pytest.raises(ActionRefusee, match="autre acheteur"):
        rattacher(lot=lots[0], marche=lots[1].marche, by=Acteur(user=client_administration.user))


def test_what_hangs_on_a_contract_is_not_lost_with_its_last_lot(client_acheteur, mine):
    DispenseSociale.objects.create(
        marche=mine["single"], motif=MotifDispense.LIEN, texte="Aucun lien.", constatee_le=date(2026, 9, 1)
    )
    page = client_acheteur.post(url("rattacher", mine["alone"]), {"marche": mine["double"].pk}).content.decode()
    assert "dernier lot de son marché" in page
    assert "dispenses" in page
    assert Marche.objects.filter(pk=mine["single"].pk).exists()
    # The other way round nothing is lost.
    assert client_acheteur.post(url("rattacher", mine["first"]), {"marche": mine["single"].pk}).status_code == 302


def test_calls_on_a_framework_follow_its_lots(client_acheteur, mine):
    called = make.make_marche(acheteur=mine["single"].acheteur, accord_cadre=mine["single"])
    client_acheteur.post(url("rattacher", mine["alone"]), {"marche": mine["double"].pk})
    called.refresh_from_db()
    assert called.accord_cadre == mine["double"]


def test_a_contract_is_named_by_words_and_the_page_stays_light(client_acheteur, mine):
    for rank in range(300):
        make.make_marche(acheteur=mine["single"].acheteur, objet=f"Marché {rank} " + "long titre " * 30)
    response = client_acheteur.get(url("rattacher", mine["first"]))
    assert len(response.content) < 60_000
    assert "C’est son seul lot" not in response.content.decode()
    assert "C’est son seul lot" in client_acheteur.get(url("rattacher", mine["alone"])).content.decode()
    mine["single"].reference = "REF-7"
    mine["single"].save()
    assert client_acheteur.post(url("rattacher", mine["first"]), {"marche": "ref-7"}).status_code == 302
    assert Lot.objects.get(pk=mine["first"].pk).marche == mine["single"]
