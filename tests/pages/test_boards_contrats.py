"""What boards say of contracts: renewals to decide, drafts, sites that nobody has, sites that fall to a structure."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marches.rules import add_months
from tests import factories as make

pytestmark = pytest.mark.django_db
URL = reverse("pages:tableau_de_bord")


def _renewable(acheteur, **given):
    start = add_months(timezone.localdate(), -9)
    usual = {"date_debut": start, "duree_mois": 12, "reconductions": 1, "preavis_jours": 30}
    return make.make_lot(marche=make.make_marche(acheteur=acheteur), **usual | given)


def test_boards_tell_renewals_drafts_and_sites(client_acheteur, client_structure):
    acheteur = client_acheteur.acteur_organisation.acheteur
    lot = _renewable(acheteur, objet="Lot à reconduire")
    make.make_titulaire(lot=lot, organisation=client_structure.acteur_organisation)
    make.make_marche(acheteur=acheteur, objet="Marché en préparation", publie=False)
    make.make_site_lot(lot=lot, site=make.make_site(acheteur=acheteur, nom="Site libre"))
    make.make_site_lot(
        lot=lot, site=make.make_site(acheteur=acheteur, nom="Mon site"),
        organisation=client_structure.acteur_organisation,
    )  # fmt: skip
    board = client_acheteur.get(URL).content.decode()
    for words in ("Reconductions à décider", "Lot à reconduire", "Marché en préparation", "1 site à confier"):
        assert words in board.replace("\u202f", " "), words
    theirs = client_structure.get(URL).content.decode()
    for words in ("Reconductions attendues", "Mon site"):
        assert words in theirs, words
    assert "Site libre" not in theirs
    assert "Marché en préparation" not in theirs


def test_boards_cost_the_same_for_many_contracts(client_acheteur, client_structure):
    acheteur, holder = client_acheteur.acteur_organisation.acheteur, client_structure.acteur_organisation

    def fill():
        lot = _renewable(acheteur)
        make.make_titulaire(lot=lot, organisation=holder)
        make.make_lot(marche=make.make_marche(acheteur=acheteur, publie=False))
        for body in (None, holder):
            make.make_site_lot(lot=lot, site=make.make_site(acheteur=acheteur), organisation=body)

    def cost(client):
        with CaptureQueriesContext(connection) as found:
            client.get(URL)
        return len(found)

    for _ in range(6):
        fill()
    some = cost(client_acheteur), cost(client_structure)
    for _ in range(8):
        fill()
    assert (cost(client_acheteur), cost(client_structure)) == some
