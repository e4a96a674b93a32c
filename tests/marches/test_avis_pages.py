"""Pages of notices: calls still open, one notice, the parties that people match."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from marches import appels
from marches.importers.avis import import_avis
from marches.models import Avis, Marche, PartieARapprocher
from portal.permissions import Role
from tests import factories as make
from tests.conftest import sign_in
from tests.marches.test_avis import CHAIN, TED

pytestmark = pytest.mark.django_db
HUGE = "9" * 40
APPELS, TOUS, PARTIES = (reverse(f"marches:{name}") for name in ("appels", "avis_tous", "parties"))


def text(response) -> str:
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


def make_call(days=10, **given):
    lot = given.pop("lot", {})
    marche = make.make_marche(date_limite=timezone.now() + timedelta(days=days), **given)
    make.make_lot(marche=marche, **lot)
    return marche


# Deadlines ------------------------------------------------------------------------------------------------------------
NOW = datetime(2026, 11, 5, 10, 30, tzinfo=UTC)  # 11:30 in Paris


@pytest.mark.parametrize(
    ("moment", "days", "words"),
    [
        (datetime(2026, 11, 5, 11, 0, tzinfo=UTC), 0, "le 05/11/2026 à 12 h 00 (heure de Paris, UTC+01:00)"),
        (datetime(2026, 11, 5, 10, 0, tzinfo=UTC), -1, "le 05/11/2026 à 11 h 00 (heure de Paris, UTC+01:00)"),
        (datetime(2026, 11, 5, 23, 30, tzinfo=UTC), 1, "le 06/11/2026 à 00 h 30 (heure de Paris, UTC+01:00)"),
        (datetime(2026, 7, 1, 10, 0, tzinfo=UTC), -127, "le 01/07/2026 à 12 h 00 (heure de Paris, UTC+02:00)"),
    ],
)
def test_deadline_in_paris_time(moment, days, words):
    found = appels.echeance(moment, NOW)
    assert (found.jours, found.texte.replace("\xa0", " ")) == (days, words)
    assert found.est_passee == (days < 0)


def test_a_deadline_of_another_zone_is_also_shown_as_written():
    found = appels.echeance(datetime(2026, 11, 9, 16, 0, tzinfo=UTC), NOW, "-04:00")
    assert found.publie == "09/11/2026 à 12:00 (UTC-04:00)"
    assert appels.echeance(datetime(2026, 11, 9, 16, 0, tzinfo=UTC), NOW, "+01:00").publie == ""
    assert "heure non précisée" in appels.echeance(NOW, NOW, sans_heure=True).texte


# Calls ----------------------------------------------------------------------------------------------------------------
def test_calls_come_by_deadline_and_past_ones_are_gone(client):
    make_call(20, objet="Nettoyage des écoles")
    make_call(3, objet="Tonte des pelouses")
    make_call(-1, objet="Trop tard")
    make_call(5, objet="Un brouillon", publie=False)
    shown = text(client.get(APPELS))
    assert "2 appels ouverts" in shown
    assert shown.index("Tonte des pelouses") < shown.index("Nettoyage des écoles")
    assert "3 jours restants" in shown
    assert "Trop tard" not in shown
    assert "Un brouillon" not in shown


def test_calls_are_filtered(client):
    calvados, somme = make.make_departement(code="14", nom="Calvados"), make.make_departement(code="74", nom="Autre")
    first = make_call(objet="Espaces verts", lot={"reservation": "handicap", "departement": calvados})
    second = make_call(30, objet="Restauration")
    make.make_avis(marche=second, departements=" 974 ", date_limite=second.date_limite)
    for asked, expected in (
        ({"reservation": "tous"}, [first]),
        ({"reservation": "handicap"}, [first]),
        ({"reservation": "insertion"}, []),
        ({"departement": "14"}, [first]),
        ({"departement": somme.code}, []),
        ({"au": (timezone.localdate() + timedelta(days=15)).isoformat()}, [first]),
        ({"du": (timezone.localdate() + timedelta(days=15)).isoformat()}, [second]),
    ):
        shown = text(client.get(APPELS, asked))
        assert [marche for marche in (first, second) if marche.objet in shown] == expected, asked
        if not expected:
            assert "Aucun appel ouvert ne répond" in shown


def test_a_call_for_the_whole_country_is_found_everywhere(client):
    make.make_departement(code="14", nom="Calvados")
    marche = make_call(objet="Partout")
    make.make_avis(marche=marche, departements=" FR ", date_limite=marche.date_limite)
    shown = text(client.get(APPELS, {"departement": "14"}))
    assert "Partout" in shown
    assert "toute la France" in shown


def test_no_call_says_what_next(client):
    assert "Aucun appel n’est ouvert aujourd’hui" in text(client.get(APPELS))
    assert "0 avis" in text(client.get(TOUS))


@pytest.mark.parametrize("value", ["\x00", HUGE, "' OR 1=1", "2026-13-45", "x" * 5000])
def test_no_value_breaks_the_lists(client, value):
    make_call()
    for name in ("q", "reservation", "departement", "secteur", "du", "au", "page", "nature"):
        assert client.get(APPELS, {name: value}).status_code == 200
        assert client.get(TOUS, {name: value}).status_code == 200


def test_calls_cost_the_same_for_one_and_for_many(client):
    make_call()
    with CaptureQueriesContext(connection) as one:
        client.get(APPELS)
    for _ in range(15):
        make.make_avis(marche=make_call(lot={"reservation": "ess"}))
    with CaptureQueriesContext(connection) as many:
        client.get(APPELS)
    assert len(many) == len(one)


# One notice -----------------------------------------------------------------------------------------------------------
def test_a_notice_shows_its_chain_its_lots_and_what_it_changes(client):
    for path in CHAIN:
        import_avis(path)
    call, corrected, award = Avis.objects.order_by("publie_le")
    shown = text(client.get(call.get_absolute_url()))
    for words in ("Espaces verts", "Réservé handicap", "Rectificatif", "L. 2113-12", "700001-2026", "2026-ENT-014"):
        assert words in shown, words
    assert "La date limite est reportée" in text(client.get(corrected.get_absolute_url()))
    shown = text(client.get(award.get_absolute_url()))
    assert "Les Ateliers du Bocage fictif" in shown
    assert "4 offres reçues" in shown
    assert "non attribué" in shown
    for word in ("Personne", "Untel", "02 31"):
        assert word not in shown


def test_the_chain_is_on_the_contract_and_on_its_lots(client):
    for path in CHAIN:
        import_avis(path)
    marche = Marche.objects.get()
    shown = text(client.get(marche.get_absolute_url()))
    assert "Avis publiés" in shown
    assert "19/11/2026 à 17 h 00" in shown.replace("\xa0", " ")
    assert "Verdure et Compagnie" in shown
    first, second = marche.lots.order_by("numero")
    assert "Verdure et Compagnie" in text(client.get(first.get_absolute_url()))
    assert "Verdure et Compagnie" not in text(client.get(second.get_absolute_url()))


def test_a_notice_page_costs_the_same_for_any_number_of_lots(client):
    import_avis(TED[0])
    import_avis(CHAIN[0])
    with CaptureQueriesContext(connection) as one:
        client.get(Avis.objects.get(nombre_lots=1).get_absolute_url())
    with CaptureQueriesContext(connection) as two:
        client.get(Avis.objects.get(nombre_lots=2).get_absolute_url())
    assert len(two) <= len(one) + 1  # its buyer is known


def test_unknown_notice(client):
    assert client.get(reverse("marches:avis_detail", kwargs={"pk": 10**17})).status_code == 404


# Parties --------------------------------------------------------------------------------------------------------------
def url_of(partie):
    return reverse("marches:partie", kwargs={"pk": partie.pk})


def test_administration_matches_a_party_once_for_all():
    for path in (TED[0], TED[2]):
        import_avis(path)
    client = sign_in(Role.ADMINISTRATION)
    town = make.make_organisation(denomination="Commune de Bellerive")
    shown = text(client.get(PARTIES))
    assert "1 nom attend une réponse" in shown
    partie = PartieARapprocher.objects.first()
    assert "Commune de Bellerive, SIRET" in text(client.get(url_of(partie)))
    response = client.post(url_of(partie), {"reponse": str(town.pk)}, follow=True)
    assert "dans 2 avis" in text(response)
    assert "Rien à rapprocher" in text(client.get(PARTIES))
    assert {avis.acheteur.organisation for avis in Avis.objects.all()} == {town}
    assert Marche.objects.get().acheteur.organisation == town
    import_avis(TED[1])
    assert PartieARapprocher.objects.get(avis__numero="120002-2019").organisation == town


def test_a_party_is_given_a_siret_or_left_as_text():
    import_avis(TED[0])
    client = sign_in(Role.ADMINISTRATION)
    partie = PartieARapprocher.objects.get()
    assert "n'est pas un SIRET" in text(client.post(url_of(partie), {"reponse": "siret", "siret": "123"})).replace(
        "&#x27;", "'"
    )
    siret = make.make_siret()
    client.post(url_of(partie), {"reponse": "siret", "siret": siret})
    assert Avis.objects.get().acheteur.organisation.identifiant == siret
    client.post(url_of(partie), {"reponse": "texte"})
    partie.refresh_from_db()
    assert (partie.organisation, partie.laissee_en_texte, partie.traitee_par) == (None, True, client.user)
    assert Avis.objects.get().acheteur is None
    assert "Choisissez une réponse" in text(client.post(url_of(partie)))
    assert "Cette réponse n" in text(client.post(url_of(partie), {"reponse": HUGE}))


def test_a_buyer_matches_the_parties_of_its_own_notices():
    client = sign_in(Role.ACHETEUR)
    mine = make.make_partie(avis=make.make_avis(acheteur=client.acteur_organisation.acheteur), role="titulaire")
    other = make.make_partie(cle=mine.cle, role="titulaire")
    shown = text(client.get(PARTIES))
    assert mine.nom in shown
    assert other.nom not in shown
    client.post(url_of(mine), {"reponse": "texte"})
    other.refresh_from_db()
    assert other.laissee_en_texte is False
    assert client.get(url_of(other)).status_code == 404


def test_list_of_parties_costs_the_same_for_one_and_for_many():
    client = sign_in(Role.ADMINISTRATION)
    make.make_partie()
    with CaptureQueriesContext(connection) as one:
        client.get(PARTIES)
    for _ in range(15):
        make.make_partie()
    with CaptureQueriesContext(connection) as many:
        client.get(PARTIES)
    assert len(many) == len(one)


def test_what_is_proposed_follows_the_siren_then_the_name_then_the_town():
    commune = make.make_commune(nom="Bellerive", nom_tri="bellerive", siren="219400017", departement=calvados())
    seat = make.make_organisation(identifiant="21940001700018", denomination="Mairie")
    other = make.make_organisation(denomination="Commune de Bellerive")
    partie = make.make_partie(nom="Commune de Bellerive", cle="commune de bellerive|bellerive", code_postal="14000")
    assert appels.commune_siren(partie) == commune.siren
    assert set(appels.propositions(partie)) == {seat, other}
    partie.siren = other.siren
    assert other in appels.propositions(partie)
    assert appels.propositions(make.make_partie(nom="Inconnue", cle="inconnue|caen")) == []


def calvados():
    return make.make_departement(code="14", nom="Calvados")


def test_a_buyer_without_identifier_is_shown_as_published(client):
    import_avis(TED[0])
    marche = Marche.objects.get()
    shown = text(client.get(marche.get_absolute_url()))
    assert "publié sans identifiant" in shown
    assert "SANS-" not in shown
    assert "avis publiés au Journal officiel" in shown
    assert "Lot décrit par les avis publiés" in text(client.get(marche.lots.get().get_absolute_url()))
