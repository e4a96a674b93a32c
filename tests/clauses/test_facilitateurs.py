"""Facilitators: who covers a place, who is the single desk, what is relayed to them and when it goes."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clauses import rules
from clauses.models import DemandeFacilitateur, Facilitateur
from portal.models import Envoi
from portal.permissions import Role
from portal.verdict import Niveau
from structures.lieux import from_parametre
from structures.zones import make_zone
from tests import factories as f
from tests.conftest import sign_in


@pytest.mark.parametrize(
    ("entiers", "partiels", "level", "words"),
    [
        ([], [], Niveau.OK, ""),
        (["A"], [], Niveau.OK, "A est le guichet unique"),
        (["A", "B"], [], Niveau.AVERTISSEMENT, "A et B se déclarent chacun"),
        (["A", "B", "C"], ["D"], Niveau.AVERTISSEMENT, "A, B et C se déclarent chacun"),
        ([], ["A"], Niveau.INFORMATION, "Sur une partie"),
        ([], ["A", "B"], Niveau.INFORMATION, "A ou B"),
        (["A"], ["B"], Niveau.INFORMATION, "B d'une partie"),
    ],
)
def test_single_desk(entiers, partiels, level, words):
    verdict = rules.guichet_unique(entiers, partiels, "Caen (14)")
    assert verdict.level == level
    assert words in verdict.reason


@pytest.fixture
def places(db):
    """Two communes of the Calvados and one of the Orne, with their départements and region."""
    cache.clear()
    region = f.make_region(code="28", nom="Normandie")
    calvados = f.make_departement(code="14", nom="Calvados", region=region)
    orne = f.make_departement(code="61", nom="Orne", region=region)
    f.make_commune(code="14118", nom="Caen", departement=calvados)
    f.make_commune(code="14366", nom="Lisieux", departement=calvados)
    f.make_commune(code="61001", nom="Argentan", departement=orne)


def body(nom, *lieux, **given):
    zone = make_zone(list(lieux)) if lieux else None
    return f.make_facilitateur(organisation=f.make_organisation(denomination=nom), zone=zone, **given)


def names(parametre):
    return [row.organisation.nom for row in Facilitateur.objects.covering(from_parametre(parametre))]


def page(client=None, **query):
    return (client or Client()).get(reverse("clauses:facilitateurs"), query).content.decode()


def test_zones_match_both_ways_and_the_single_desk_comes_first(places):
    body("Aire de Caen", ("commune", "14118"))
    body("Calvados entier", ("departement", "14"), guichet_unique=True)
    body("Orne entière", ("departement", "61"))
    seat = f.make_organisation(denomination="Zone inconnue", commune_id="14366")
    f.make_facilitateur(organisation=seat)
    assert names("commune-14118") == ["Calvados entier", "Aire de Caen"]
    assert names("commune-14366") == ["Calvados entier", "Zone inconnue"]
    assert names("departement-14") == ["Calvados entier", "Aire de Caen", "Zone inconnue"]
    assert names("region-28") == ["Calvados entier", "Aire de Caen", "Orne entière", "Zone inconnue"]


def test_map_counts_each_body_once_in_each_departement(places):
    body("Aire de Caen", ("commune", "14118"))
    body("Région", ("region", "28"))
    body("France", ("france", ""))
    f.make_facilitateur(organisation=f.make_organisation(commune_id="61001"))
    counts = Facilitateur.objects.par_departement()
    assert counts == {"14": 3, "61": 3}


def test_conflict_is_shown_where_two_bodies_claim_the_same_place(places):
    body("Premier", ("departement", "14"), guichet_unique=True)
    assert "Premier est le guichet unique pour Caen (14)" in page(ou="Caen")
    body("Second", ("commune", "14118"), guichet_unique=True)
    assert "Premier et Second se déclarent chacun guichet unique" in page(ou="commune-14118")
    assert "se déclarent chacun" not in page(ou="commune-14366")
    # Over the whole département, the second holds one commune only: no contradiction, but a word.
    assert "Premier est le guichet unique de tout le territoire, Second d&#x27;une partie" in page(ou="departement-14")


def test_relays_when_nobody_covers_and_experts_always_apart(places):
    f.make_relais(nom="PLIE de l'Orne", zone=make_zone([("departement", "61")]))
    f.make_relais(nom="Relais caché", publie=False)
    f.make_relais(nom="Cabinet Martin", genre="expert")
    html = page(ou="Argentan")
    assert html.index("PLIE de l&#x27;Orne") < html.index("Experts privés") < html.index("Cabinet Martin")
    assert "Relais caché" not in html
    assert "PLIE de l&#x27;Orne" not in page(ou="Caen")
    body("Orne entière", ("departement", "61"))
    html = page(ou="Argentan")
    assert "PLIE de l&#x27;Orne" not in html
    assert "Cabinet Martin" in html


@pytest.mark.parametrize(
    "ou", ["\x00", "x" * 5000, "Nulle-part-sur-Rien", "commune-99999", "région", "🙂", "-1", "france"]
)
def test_any_place_typed_gets_an_answer(places, ou):
    response = Client().get(reverse("clauses:facilitateurs"), {"ou": ou, "page": "9" * 40})
    assert response.status_code in (200, 404)


def test_list_costs_the_same_for_one_body_as_for_twelve(places):
    body("Un", ("departement", "14"), guichet_unique=True)
    f.make_relais(genre="expert")
    with CaptureQueriesContext(connection) as one:
        page(ou="Caen")
    for rank in range(11):
        body(f"Autre {rank}", ("departement", "14"), ("commune", "61001"), guichet_unique=True)
        f.make_relais(genre="expert")
    with CaptureQueriesContext(connection) as twelve:
        page(ou="Caen")
    assert len(twelve) <= len(one) + 1  # names of communes, asked for once when there are some


# Writing to one -----------------------------------------------------------------------------------------------------
ASK = {
    "courriel": "acheteur@example.org",
    "objet": "Marché de nettoyage",
    "texte": "Nous préparons un marché de nettoyage de bureaux pour 2027.",
}


def test_a_visitor_writes_and_the_body_reads(places):
    client = sign_in(Role.FACILITATEUR)
    mine = client.acteur_organisation.facilitateur
    response = Client().post(mine.get_absolute_url(), ASK | {"ou": "Caen"})
    assert response.status_code == 302
    demande = DemandeFacilitateur.objects.get()
    assert (demande.facilitateur, demande.commune_id, demande.user) == (mine, "14118", None)
    assert [envoi.destinataire for envoi in Envoi.objects.all()] == [client.user.email]
    html = client.get(reverse("clauses:demandes")).content.decode()
    assert "acheteur@example.org" in html
    assert "1 demande à traiter" in html.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("courriel", "pas une adresse"), ("courriel", "\x00"), ("objet", ""), ("objet", "x" * 151), ("texte", "court"),
        ("texte", "x" * 4001), ("texte", "a\x00" * 40), ("ou", "Nulle-part-sur-Rien"), ("ou", "\x00"),
    ],
)  # fmt: skip
def test_bad_requests_write_nothing(places, field, bad):
    found = body("Calvados", ("departement", "14"), courriel="clauses@example.org")
    response = Client().post(found.get_absolute_url(), ASK | {field: bad})
    assert response.status_code == 200
    assert "n’est pas parti" in response.content.decode()
    assert not DemandeFacilitateur.objects.exists()
    assert not Envoi.objects.exists()


def test_one_address_writes_three_times_a_day(places):
    found = body("Calvados", ("departement", "14"), courriel="clauses@example.org")
    codes = [Client().post(found.get_absolute_url(), ASK | {"objet": f"Objet {rank}"}).status_code for rank in range(4)]
    assert codes == [302, 302, 302, 200]
    assert DemandeFacilitateur.objects.count() == 3


def test_nobody_to_read_no_form(places):
    found = body("Muet", ("departement", "14"))
    assert "ni compte ni adresse publique" in Client().get(found.get_absolute_url()).content.decode()
    Client().post(found.get_absolute_url(), ASK)
    assert not DemandeFacilitateur.objects.exists()


def test_requests_go_six_months_after_they_were_dealt_with(places):
    client = sign_in(Role.FACILITATEUR)
    mine = client.acteur_organisation.facilitateur
    Client().post(mine.get_absolute_url(), ASK)
    demande = DemandeFacilitateur.objects.get()
    client.post(reverse("clauses:demande_traiter", args=[demande.pk]))
    demande.refresh_from_db()
    first = demande.a_effacer_le
    assert first == timezone.localdate() + timedelta(days=183)
    client.post(reverse("clauses:demande_traiter", args=[demande.pk]))
    demande.refresh_from_db()
    assert demande.a_effacer_le == first
    kept = f.make_demande_facilitateur(facilitateur=mine)
    call_command("purger_demandes")
    assert DemandeFacilitateur.objects.count() == 2
    DemandeFacilitateur.objects.filter(pk=demande.pk).update(a_effacer_le=timezone.localdate())
    call_command("purger_demandes")
    assert list(DemandeFacilitateur.objects.all()) == [kept]
    assert not Envoi.objects.exists()


# Its own page -------------------------------------------------------------------------------------------------------
def test_a_body_writes_its_page(places):
    client = sign_in(Role.FACILITATEUR)
    url = reverse("clauses:facilitateur_edit")
    given = {
        "nature": "plie",
        "presentation": "Nous aidons.",
        "territoire": "Calvados\nArgentan (61)",
        "guichet_unique": "on",
    }
    response = client.post(url, given)
    assert response.status_code == 302, response.context["form"].errors
    mine = Facilitateur.objects.get(organisation=client.acteur_organisation)
    assert (mine.nature, mine.guichet_unique) == ("plie", True)
    assert names("commune-61001") == [mine.organisation.nom] == names("commune-14366")
    shown = client.get(url).context["form"]["territoire"].value()
    assert set(shown.splitlines()) == {"Calvados (14)", "Argentan (61)"}
    assert client.post(url, given | {"territoire": shown}).status_code == 302
    zone = mine.zone_id
    mine.refresh_from_db()
    assert mine.zone_id == zone


@pytest.mark.parametrize("bad", ["Nulle-part", "\x00", "\n".join(str(n) for n in range(70)), "x" * 5000, "99999"])
def test_unknown_territory_is_refused(places, bad):
    client = sign_in(Role.FACILITATEUR)
    response = client.post(reverse("clauses:facilitateur_edit"), {"territoire": bad})
    assert response.status_code == 200
    assert response.context["form"].errors["territoire"]


def test_page_names_conventions_in_force_only(places):
    found = body("Calvados", ("departement", "14"))
    on = timezone.localdate()
    dates = {"date_debut": on - timedelta(30), "date_fin": on + timedelta(30)}
    f.make_convention(facilitateur=found, intitule="Signée", signee_le=on, **dates)
    f.make_convention(facilitateur=found, intitule="À signer", **dates)
    f.make_convention(
        facilitateur=found, intitule="Finie", signee_le=on, date_debut=date(2020, 1, 1), date_fin=date(2021, 1, 1)
    )
    html = Client().get(found.get_absolute_url()).content.decode()
    assert "Signée" in html
    assert "Finie" not in html
    assert "À signer" not in html
