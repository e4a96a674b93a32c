"""Charters: read by everybody with their signatories and their map, kept by the network that wrote them."""

import html

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.pages.models import Charte, SignataireCharte
from portal.permissions import Role
from structures.zones import make_zone
from tests import factories as make
from tests.conftest import sign_in

pytestmark = pytest.mark.django_db
LIST, NEW = reverse("pages:chartes"), reverse("pages:charte_create")


def text(response, code=200) -> str:
    assert response.status_code == code
    return html.unescape(response.content.decode()).replace("\xa0", " ").replace("\u202f", " ")


def signers(charte) -> str:
    return reverse("pages:charte_signataires", args=[charte.pk])


@pytest.fixture
def finistere():
    region = make.make_region(code="53", nom="Bretagne")
    departement = make.make_departement(code="29", nom="Finistère", nom_tri="finistere", region=region)
    make.make_commune(code="29019", nom="Brest", nom_tri="brest", departement=departement)
    return departement


def test_a_network_writes_a_charter_then_its_signatories(client_reseau, client, finistere):
    data = {"nom": "Charte bretonne", "engagements": "Un guichet.\r\n\r\nUn bilan.", "annee": "2012",
            "territoire": "Finistère"}  # fmt: skip
    made = client_reseau.post(NEW, data)
    charte = Charte.objects.get()
    assert made.url == signers(charte)
    assert (charte.organisation, charte.liste_engagements) == (
        client_reseau.acteur_organisation, ["Un guichet.", "Un bilan."],
    )  # fmt: skip
    assert charte.history.count() == 1
    for reader in (client, sign_in(Role.RESEAU)):
        assert reader.get(charte.get_absolute_url()).status_code == 404  # not published yet
        assert "Charte bretonne" not in text(reader.get(LIST))
    client_reseau.post(reverse("pages:charte_edit", args=[charte.pk]), data | {"publiee": "on"})
    signed = {"nom": "Maison  de l'emploi", "nature": "emploi", "departement": "29", "signe_le": "04/10/2012"}
    client_reseau.post(signers(charte), signed)
    client_reseau.post(signers(charte), {"nom": "Région", "nature": "collectivite"})
    assert "déjà dans la liste" in text(client_reseau.post(signers(charte), signed))
    shown = text(client.get(charte.get_absolute_url()))
    for said in ("2 signataires", "Maison de l'emploi", "Finistère : 1 signataire", "adoptée en 2012", "Un bilan.",
                 "1 signataire agit sur plusieurs départements"):  # fmt: skip
        assert said in shown
    assert shown.index("Région") < shown.index("Maison de l'emploi")  # by nature
    place = text(client.get(reverse("structures:territoire", args=["departement-29"])))
    assert "Chartes du territoire" in place
    assert charte.get_absolute_url() in place
    row = SignataireCharte.objects.get(nom="Région")
    client_reseau.post(reverse("pages:signataire_retirer", args=[charte.pk, row.pk]))
    assert SignataireCharte.objects.count() == 1


def test_one_place_alone(client, finistere):
    other = make.make_departement(code="14", nom="Calvados")
    make.make_charte(nom="Ici", zone=make_zone([("departement", "29")]))
    make.make_charte(nom="Ailleurs", zone=make_zone([("departement", other.code)]))
    shown = text(client.get(LIST, {"ou": "departement-29"}))
    assert ">Ici<" in shown
    assert ">Ailleurs<" not in shown
    assert ">Ici<" in text(client.get(LIST, {"ou": "region-53"}))
    assert "Aucune charte" not in text(client.get(LIST, {"ou": "nulle-part\x00"}))


def test_empty_and_over(client, client_reseau):
    assert "Aucune charte encore" in text(client.get(LIST))
    assert "Ajouter une charte" in text(client_reseau.get(LIST))
    charte = make.make_charte(annee=2010, fin=2014)
    assert "Arrivée à son terme" in text(client.get(LIST))
    assert "Aucun signataire n’est encore inscrit" in text(client.get(charte.get_absolute_url()))


def test_bad_input_is_said_and_nothing_is_kept(client_reseau):
    good = {"nom": "Charte", "engagements": "Un.", "annee": "2012"}
    for given in (
        {"nom": ""}, {"nom": "a\x00"}, {"engagements": " "}, {"annee": "deux mille"}, {"annee": "9" * 40},
        {"fin": "2011"}, {"territoire": "Nulle part du tout"}, {"lien": "pas une adresse"},
    ):  # fmt: skip
        assert client_reseau.post(NEW, good | given).status_code == 200
    assert not Charte.objects.exists()
    charte = make.make_charte(organisation=client_reseau.acteur_organisation)
    for given in ({"nom": ""}, {"nom": "a\x00"}, {"nature": "nulle"}, {"departement": "9" * 40}, {"signe_le": "x"}):
        data = {"nom": "Un", "nature": "etat"} | given
        assert client_reseau.post(signers(charte), data).status_code == 200
    assert not SignataireCharte.objects.exists()


def test_the_base_keeps_the_years_in_order():
    with pytest.raises(IntegrityError), transaction.atomic():
        make.make_charte(annee=2012, fin=2011)


def test_one_or_fifty_cost_the_same(client, client_reseau, finistere):
    body = client_reseau.acteur_organisation
    first = make.make_charte(organisation=body, zone=make_zone([("departement", "29")]))

    def fill(n):
        for _ in range(n):
            make.make_charte(zone=first.zone)
            make.make_signataire_charte(charte=first, departement=finistere)

    def cost():
        found = []
        place = reverse("structures:territoire", args=["departement-29"])
        for reader, address in ((client, LIST), (client, first.get_absolute_url()), (client_reseau, signers(first)),
                                (client, place)):  # fmt: skip
            reader.get(address)
            with CaptureQueriesContext(connection) as captured:
                response = reader.get(address)
            assert response.status_code == 200
            assert len(response.content) < 60_000
            found.append(len(captured))
        return found

    fill(1)
    before = cost()
    fill(49)
    assert cost() == before
