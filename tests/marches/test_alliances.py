"""Alliances: written by their members, left in one click, judged by the law of the day."""

from datetime import date

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.models import Alliance, MembreAlliance
from marches.notifications.alliances import SALT, jeton, member_of
from marches.presentation import group_may_answer
from portal.models import Envoi
from portal.verdict import Niveau
from structures.enums import Kind
from structures.forms.champs import written
from structures.zones import describe, make_zone, prune
from tests import factories as make
from tests.conftest import sign_in
from tests.structures.helpers import make_country

HUGE = "9" * 40


def members(*rows, initial=0) -> dict:
    data = {"membres-TOTAL_FORMS": len(rows), "membres-INITIAL_FORMS": initial}
    for rank, row in enumerate(rows):
        data |= {f"membres-{rank}-{name}": value for name, value in row.items()}
    return data


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode().replace("\xa0", " ")


# The law --------------------------------------------------------------------------------------------------------------
TODAY, BEFORE = date(2026, 6, 1), date(2020, 12, 8)
OK, WARNING, BLOCKED = Niveau.OK, Niveau.AVERTISSEMENT, Niveau.BLOCAGE


@pytest.mark.parametrize(
    ("kinds", "on", "levels"),  # handicap, insertion, both
    [
        ({Kind.EA, Kind.ESAT}, TODAY, [OK, BLOCKED, OK]),
        ({Kind.AI, Kind.ACI}, TODAY, [BLOCKED, OK, OK]),
        ({Kind.EA, Kind.EI}, TODAY, [BLOCKED, BLOCKED, OK]),
        ({Kind.EA, Kind.EI}, BEFORE, [BLOCKED, BLOCKED, BLOCKED]),
        ({Kind.AI, Kind.GEIQ}, TODAY, [BLOCKED, WARNING, WARNING]),
        ({Kind.SEP, Kind.EI}, TODAY, [BLOCKED, BLOCKED, BLOCKED]),
        (set(), TODAY, [OK, OK, OK]),
    ],
)
def test_the_weakest_member_decides(kinds, on, levels):
    assert [answer.verdict.level for answer in group_may_answer(kinds, on)] == levels


# Pages ----------------------------------------------------------------------------------------------------------------
@pytest.fixture
def country(db):
    return make_country()


@pytest.fixture
def alliance(country):
    made = make.make_alliance(nom="AI du Calvados", objet="Remplacer partout", zone=make_zone([("departement", "14")]))
    made.secteurs.add(country.proprete)
    for kind, pilote in ((Kind.AI, True), (Kind.EA, False)):
        structure = make.make_structure(nom=f"Une {kind}", kind=kind)
        make.make_membre_alliance(alliance=made, structure=structure, pilote=pilote, apport=f"Apport {kind}")
    return made


def test_the_page_says_who_what_where_and_the_law(client, alliance, django_assert_num_queries):
    with CaptureQueriesContext(connection) as one:
        page = text(client.get(alliance.get_absolute_url()))
    for said in ("AI du Calvados", "Remplacer partout", "Une AI", "Une AI pilote", "Apport EA", "Propreté", "Calvados",
                 "L. 2113-14", "Tous les types réunis y ont accès", "Pas au complet", "doctrine"):  # fmt: skip
        assert said in page, said
    assert "Retirer" not in page
    for _ in range(5):
        make.make_membre_alliance(alliance=alliance)
    with django_assert_num_queries(len(one)):
        client.get(alliance.get_absolute_url())
    assert client.get(reverse("marches:alliance", args=[alliance.pk, "x"])).url == alliance.get_absolute_url()


def test_the_list_is_searched_by_words_and_sector(client, alliance, country, django_assert_num_queries):
    url = reverse("marches:alliances")
    assert "AI du Calvados" in text(client.get(url, {"q": "remplacer", "secteur": "proprete"}))
    assert "AI du Calvados" not in text(client.get(url, {"secteur": "jardins"}))
    for bad in ({"q": "\x00"}, {"secteur": "\x00"}, {"page": HUGE}, {"q": "x" * 999}, {"secteur": "' OR 1"}):
        assert client.get(url, bad).status_code == 200
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for _ in range(9):
        make.make_membre_alliance().alliance.secteurs.add(country.proprete)
    with django_assert_num_queries(len(one)):
        client.get(url)


def test_a_hidden_alliance_is_seen_by_its_members_alone(client, alliance):
    Alliance.objects.filter(pk=alliance.pk).update(publiee=False)
    assert client.get(alliance.get_absolute_url()).status_code == 404
    member = sign_in(make.Role.STRUCTURE, organisation=alliance.membres.first().structure.organisation)
    assert "ses membres seuls la voient" in text(member.get(alliance.get_absolute_url()))
    assert sign_in(make.Role.STRUCTURE).get(alliance.get_absolute_url()).status_code == 404


# Writing --------------------------------------------------------------------------------------------------------------
@pytest.fixture
def mine(client_structure):
    return client_structure.acteur_organisation.structures.get()


def test_a_structure_presents_an_alliance_and_the_others_are_told(client_structure, mine, country):
    other = make.make_structure(nom="Voisine", courriel="voisine@exemple.fr")
    rows = [{"structure": written(mine), "pilote": "on"}, {"structure": written(other), "apport": "Un camion"}]
    data = {"nom": "À deux", "objet": "Déménager", "lieux": "Calvados ; Évreux (27)", "secteurs": [country.proprete.pk],
            "publiee": "on", "depuis": "2024-03-01"}  # fmt: skip
    response = client_structure.post(reverse("marches:alliance_create"), data | members(*rows))
    made = Alliance.objects.get()
    assert response.url == made.get_absolute_url()
    assert describe([made.zone])[made.zone_id] == "Évreux et Calvados"
    assert [(row.structure.nom, row.pilote) for row in made.membres.all()] == [(mine.nom, True), ("Voisine", False)]
    assert made.history.first().history_user == client_structure.user
    envoi = Envoi.objects.get()
    assert envoi.destinataire == "voisine@exemple.fr"
    token = envoi.texte.split("/alliances/quitter/")[1].split("/")[0]
    assert member_of(token).structure == other
    # Written again as it is shown: nothing moves, nobody is told twice.
    edit = reverse("marches:alliance_edit", args=[made.pk])
    form = client_structure.get(edit).context["form"]
    again = data | {"lieux": form["lieux"].value(), "nom": "À deux, encore"}
    client_structure.post(edit, again | members(*rows, initial=2))
    former, made = made, Alliance.objects.get()
    assert (made.nom, made.zone_id) == ("À deux, encore", former.zone_id)
    assert Envoi.objects.count() == 1
    assert MembreAlliance.objects.count() == 2


def test_a_radius_around_a_commune(client_structure, mine, country):
    rows = [{"structure": written(mine)}, {"structure": written(make.make_structure())}]
    data = {"nom": "Autour", "objet": "X", "rayon_km": "30", "autour": "14000"}
    client_structure.post(reverse("marches:alliance_create"), data | members(*rows))
    made = Alliance.objects.get()
    assert describe([made.zone])[made.zone_id] == "30\u00a0km autour de Caen"
    assert prune() == 0  # a zone that an alliance uses stays


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lieux": "Nulle-Part-sur-Rien"}, "Lieu inconnu"),
        ({"lieux": "Saint-Étienne"}, "Plusieurs communes"),
        ({"lieux": ";".join(["Caen"] * 60)}, "40 lieux au plus"),
        ({"rayon_km": "30"}, "autour de quelle commune"),
        ({"rayon_km": HUGE, "autour": "Caen"}, "500"),
        ({"rayon_km": "30", "autour": "Calvados"}, "le centre d&#x27;un rayon est un point"),
        ({"depuis": "31/02/2024"}, "date"),
        ({"nom": "\x00"}, "nul"),
        ({"secteurs": ["\x00", HUGE]}, "Le formulaire n’est pas enregistré"),
    ],
)
def test_bad_alliances_are_refused(client_structure, mine, country, given, said):
    rows = [{"structure": written(mine)}, {"structure": written(make.make_structure())}]
    data = {"nom": "N", "objet": "O"} | given
    assert said in text(client_structure.post(reverse("marches:alliance_create"), data | members(*rows)))
    assert not Alliance.objects.exists()


def test_bad_members_are_refused(client_structure, mine, country):
    one, two = (written(make.make_structure()) for _ in range(2))
    own = written(mine)
    for rows, said in (
        ([{"structure": own}], "au moins deux structures"),
        ([{"structure": one}, {"structure": two}], "Votre structure"),
        ([{"structure": own}, {"structure": own}], "nommée deux fois"),
        ([{"structure": own, "pilote": "on"}, {"structure": one, "pilote": "on"}], "Un seul membre pilote"),
        ([{"structure": own}, {"structure": HUGE}], "Aucune structure"),
        ([{"structure": "", "apport": "x"}], "Des lignes sont à corriger"),
    ):
        page = text(
            client_structure.post(reverse("marches:alliance_create"), {"nom": "N", "objet": "O"} | members(*rows))
        )
        assert said in page, said
    assert not Alliance.objects.exists()


# Leaving --------------------------------------------------------------------------------------------------------------
def test_a_structure_leaves_by_its_link_without_account(client, alliance):
    first, last = alliance.membres.order_by("pk")
    url = reverse("marches:alliance_quitter", args=[jeton(first)])
    assert "n’apparaîtra plus" in text(client.get(url))
    assert alliance.membres.count() == 2
    assert client.post(url).url == alliance.get_absolute_url()
    assert list(alliance.membres.all()) == [last]
    assert client.get(url).status_code == 404
    client.post(reverse("marches:alliance_quitter", args=[jeton(last)]))
    assert not Alliance.objects.exists()
    assert Alliance.history.filter(id=alliance.pk, history_type="-").exists()


def test_an_alliance_is_deleted_by_those_it_unites_alone(client_administration, alliance):
    first = alliance.membres.first()
    member = sign_in(make.Role.STRUCTURE, organisation=first.structure.organisation)
    url = reverse("marches:alliance_supprimer", args=[alliance.pk])
    assert member.get(alliance.get_absolute_url()).status_code == 200
    assert member.post(url).status_code == 404  # the others stay: one leaves
    assert "groupements déjà formés" in client_administration.get(url).content.decode()
    assert client_administration.post(url).status_code == 302
    assert not type(alliance).objects.exists()
    assert type(alliance).history.first().history_type == "-"


@pytest.mark.parametrize(
    "forge",
    ["x", signing.dumps([1, 1], salt="autre"), signing.dumps("x", salt=SALT)],
    ids=["no signature", "signed for something else", "other content"],
)
def test_a_forged_link_leaves_nothing(client, alliance, forge):
    assert client.post(reverse("marches:alliance_quitter", args=[forge])).status_code == 404
    assert alliance.membres.count() == 2


def test_a_member_sees_the_button_of_its_own_place(alliance):
    membre = alliance.membres.first()
    someone = sign_in(make.Role.STRUCTURE, organisation=membre.structure.organisation)
    page = text(someone.get(alliance.get_absolute_url()))
    assert page.count("Retirer Une") == 1
