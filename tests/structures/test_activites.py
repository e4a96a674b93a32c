from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.text import fold
from structures import zones
from structures.enums import Mode, Origine
from structures.models import Activite, Structure, Zone
from structures.presentation.portee import portee
from structures.upsert import fold as refold
from tests import factories as make
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(client_structure):
    country = make_country()
    card = client_structure.acteur_organisation.structures.get()
    Structure.objects.filter(pk=card.pk).update(
        commune=country.caen, departement=country.calvados, latitude=country.caen.latitude,
        longitude=country.caen.longitude,
    )  # fmt: skip
    card.refresh_from_db()
    return SimpleNamespace(client=client_structure, card=card, country=country)


def add_url(card):
    return reverse("structures:edition_activite_ajouter", args=[card.pk])


def edit_url(activite):
    return reverse("structures:edition_activite", args=[activite.structure_id, activite.pk])


def typed(world, **given):
    usual = {"secteur": world.country.entretien.pk, "mode": "prestation", "precision": "", "etendue": "choisie",
             "lieux": "", "rayon_km": "", "autour": ""}  # fmt: skip
    return usual | given


def declared(activite):
    rows = activite.zone.lieux.filter(declare=True) if activite.zone else []
    return sorted((row.niveau, row.code) for row in rows)


def add(world, **given):
    response = world.client.post(add_url(world.card), typed(world, **given))
    return response, Activite.objects.filter(structure=world.card).order_by("-pk").first()


# Places typed in words ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Calvados", [("departement", "14")]),
        ("Calvados ; Eure", [("departement", "14"), ("departement", "27")]),
        ("Calvados\nÉvreux\r\n\n ; ", [("commune", "27229"), ("departement", "14")]),
        ("14, 27", [("departement", "14"), ("departement", "27")]),
        ("Normandie", [("region", "28")]),
        ("caen la mer", [("epci", "200065597")]),
        ("27000 ; evreux", [("commune", "27229")]),
        ("Saint-Étienne (27)", [("commune", "27561")]),
        ("Paris 10e", [("commune", "75110")]),
    ],
)
def test_places_are_read_as_people_type_them(world, text, expected):
    response, activite = add(world, lieux=text)
    assert response.status_code == 302
    assert declared(activite) == expected
    assert activite.origine == Origine.DECLAREE


def test_the_whole_country_a_radius_and_nothing(world):
    _, activite = add(world, etendue="france", lieux="ignoré")
    assert declared(activite) == [("france", "")]
    _, activite = add(world, mode="fabrication", rayon_km="30")
    assert (activite.zone.rayon_km, activite.zone.latitude) == (30, world.card.latitude)
    _, activite = add(world, mode="mise_a_disposition", rayon_km="30", autour="27000", lieux="Calvados")
    assert (activite.zone.latitude, declared(activite)) == (world.country.evreux.latitude, [("departement", "14")])
    page = world.client.get(edit_url(activite)).content.decode()
    assert 'value="Évreux (27)"' in page
    _, activite = add(world, secteur=world.country.proprete.pk, etendue="inconnue")
    assert activite.zone is None


def test_a_place_of_several_is_chosen(world):
    response, activite = add(world, lieux="Saint-Étienne")
    page = response.content.decode()
    assert (response.status_code, activite) == (200, None)
    assert "de quel lieu s’agit-il" in page
    assert 'value="commune-27561"' in page
    assert 'value="commune-14562"' in page
    _, activite = add(world, lieux="Saint-Étienne", **{"lieu-saint-etienne": "commune-27561"})
    assert declared(activite) == [("commune", "27561")]
    # Shown again, the same place needs no choice.
    page = world.client.get(edit_url(activite)).content.decode()
    assert "Saint-Étienne (27)" in page
    response = world.client.post(edit_url(activite), typed(world, lieux="Saint-Étienne (27)", precision="Tonte"))
    assert response.status_code == 302
    assert Activite.objects.get().precision == "Tonte"


def test_a_choice_made_is_kept_when_something_else_is_wrong(world):
    response, _ = add(world, lieux="Saint-Étienne", secteur="", **{"lieu-saint-etienne": "commune-27561"})
    assert '<input type="hidden" name="lieu-saint-etienne" value="commune-27561">' in response.content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"secteur": ""},
        {"secteur": str(10**30)},
        {"secteur": "abc"},
        {"mode": "magie"},
        {"etendue": "lune"},
        {"etendue": ""},
        {"lieux": ""},
        {"lieux": "Nulle-Part-sur-Rien"},
        {"lieux": "Cal\x00vados"},
        {"lieux": "x" * 6_001},
        {"lieux": " ; ".join(f"lieu {n}" for n in range(81))},
        {"lieux": "Saint-Étienne", "lieu-saint-etienne": "commune-75056"},  # not one of those offered
        {"rayon_km": "0"},
        {"rayon_km": "501"},
        {"rayon_km": str(10**30)},
        {"autour": "Caen"},  # around what distance?
        {"rayon_km": "10", "autour": "Nulle-Part-sur-Rien"},
        {"rayon_km": "10", "autour": "Saint-Étienne"},
        {"rayon_km": "10", "autour": "Calvados"},  # no point
        {"precision": "x" * 201},
    ],
)
def test_a_wrong_activity_writes_nothing(world, given):
    response, activite = add(world, **given)
    assert (response.status_code, activite) == (200, None)
    assert "form-errors" in response.content.decode()
    assert not Zone.objects.exists()


def test_a_radius_needs_a_seat_or_a_town(world):
    Structure.objects.filter(pk=world.card.pk).update(latitude=None, longitude=None)
    response, activite = add(world, rayon_km="30")
    assert (response.status_code, activite) == (200, None)
    assert "n’est pas située" in response.content.decode() or "n&#x27;est pas située" in response.content.decode()
    _, activite = add(world, rayon_km="30", autour="Caen")
    assert activite.zone.rayon_km == 30


def test_one_activity_for_each_sector_and_mode(world):
    add(world, lieux="Calvados")
    response, _ = add(world, lieux="Eure")
    assert "déjà sur votre fiche" in response.content.decode()
    assert Activite.objects.count() == 1


# Preview --------------------------------------------------------------------------------------------------------------
def test_the_preview_says_where_one_is_found_and_saves_nothing(world):
    data = typed(world, lieux="Calvados ; Évreux", secteur="") | {"previsualiser": "1"}
    page = world.client.post(add_url(world.card), data).content.decode()
    assert "tout le Calvados" in page
    assert "une partie de l&#x27;Eure" in page
    assert "form-errors" not in page
    assert not Activite.objects.exists()
    part = world.client.post(add_url(world.card), data, headers={"HX-Request": "true"}).content.decode()
    assert "tout le Calvados" in part
    assert "<html" not in part
    assert len(part) < 2_000


def test_the_preview_shows_unknown_and_ambiguous_places(world):
    data = typed(world, lieux="Calvados ; Nulle-Part ; Saint-Étienne") | {"previsualiser": "1"}
    page = world.client.post(add_url(world.card), data).content.decode()
    assert "Nulle-Part" in page
    assert "de quel lieu s’agit-il" in page
    assert "tout le Calvados" in page


def test_the_preview_says_the_unknown_centre_and_what_it_read_otherwise(world):
    data = typed(world, lieux="Calvadoss", rayon_km="10", autour="Nulle-Part") | {"previsualiser": "1"}
    page = world.client.post(add_url(world.card), data).content.decode()
    assert "«&nbsp;Calvadoss&nbsp;» est lu comme «&nbsp;Calvados (14)&nbsp;»" in page
    assert "«&nbsp;Nulle-Part&nbsp;»" in page
    assert "Aucun lieu" not in page


def test_a_place_read_otherwise_is_said_once_saved(world):
    response = world.client.post(add_url(world.card), typed(world, lieux="Calvadoss"), follow=True)
    assert "a été lu comme «\u00a0Calvados (14)" in response.content.decode()
    assert declared(Activite.objects.get()) == [("departement", "14")]


@pytest.mark.parametrize(("kind", "mode"), [("AI", "mise_a_disposition"), ("EI", "prestation")])
def test_the_usual_mode_of_the_kind_is_proposed(world, kind, mode):
    Structure.objects.filter(pk=world.card.pk).update(kind=kind)
    assert world.client.get(add_url(world.card)).context["form"]["mode"].value() == mode


def test_reach_in_words(world):
    caen, evreux = world.country.caen, world.country.evreux
    assert portee([("france", "")], None).phrases == ["toute la France"]
    assert portee([("region", "28")], None).phrases == ["toute la Normandie"]
    assert portee([("departement", "14"), ("departement", "27")], None).phrases == ["toute la Normandie"]
    assert portee([("region", "28"), ("commune", "27229")], None).phrases == ["toute la Normandie"]  # named once
    found = portee([("commune", caen.code)], None)
    assert (found.entiers, found.parties, found.communes) == (["Caen"], ["une partie du Calvados"], 1)
    found = portee([("epci", "200065597")], None)
    assert found.entiers == ["toute la communauté urbaine Caen la Mer"]
    found = portee([], (evreux.latitude, evreux.longitude, 1))
    assert found.parties == ["une partie de l'Eure"]
    found = portee([("commune", "75110")], None)
    assert (found.entiers, found.parties) == (["Paris 10e Arrondissement"], ["une partie de Paris"])


@pytest.mark.parametrize("lieux", ["Calvados", "Évreux", "Caen la Mer", "Normandie"])
def test_the_preview_agrees_with_what_the_search_finds(world, lieux):
    """What the preview names as whole is found by a search of that place."""
    from structures.lieux import resolve

    _, activite = add(world, lieux=lieux)
    lieu = resolve(lieux).lieu
    assert zones.zones_of(lieu).filter(pk=activite.zone_id).exists()
    said = portee([(lieu.niveau.value, lieu.code)], None).entiers
    assert any(fold(lieu.nom) in fold(phrase) for phrase in said)


# Shared zones ---------------------------------------------------------------------------------------------------------
def test_changing_one_activity_leaves_the_others_where_they_are(world):
    _, first = add(world, lieux="Calvados")
    _, second = add(world, lieux="Calvados", mode="fabrication")
    shared = first.zone_id
    Activite.objects.filter(pk=second.pk).update(zone=shared)
    world.client.post(edit_url(first), typed(world, lieux="Eure"))
    first, second = Activite.objects.get(pk=first.pk), Activite.objects.get(pk=second.pk)
    assert declared(first) == [("departement", "27")]
    assert (second.zone_id, declared(second)) == (shared, [("departement", "14")])
    world.client.post(edit_url(second), typed(world, lieux="Eure", mode="fabrication"))
    assert not Zone.objects.filter(pk=shared).exists()  # nothing uses it any more


def test_a_zone_of_another_floor_is_kept(world):
    _, activite = add(world, lieux="Calvados")
    facilitateur = make.make_facilitateur(zone=activite.zone)
    world.client.post(edit_url(activite), typed(world, lieux="Eure"))
    facilitateur.refresh_from_db()
    assert facilitateur.zone is not None


def test_the_zone_goes_to_all_in_one_action(world):
    _, first = add(world, lieux="Calvados")
    _, second = add(world, lieux="Eure", mode="fabrication")
    third = make.make_activite(structure=world.card, origine=Origine.DEDUITE)
    former = second.zone_id
    url = reverse("structures:edition_zone_copier", args=[world.card.pk, first.pk])
    assert world.client.get(url).status_code == 405
    world.client.post(url)
    assert set(Activite.objects.values_list("zone", flat=True)) == {first.zone_id}
    assert not Zone.objects.filter(pk=former).exists()
    third.refresh_from_db()
    assert third.origine == Origine.DEDUITE  # the trade is still to be confirmed


# Against imports ------------------------------------------------------------------------------------------------------
def imported(world, *pairs):
    return make.make_source_structure(
        structure=world.card,
        donnees={"champs": {"nom": "X"}, "activites": [list(pair) for pair in pairs], "brut": {}},
    )


def test_a_deleted_deduced_activity_does_not_come_back(world):
    imported(world, ("proprete", "prestation"), ("jardins", "prestation"))
    refold([world.card.pk])
    gone = world.card.activites.get(secteur__code="proprete")
    url = reverse("structures:edition_activite_supprimer", args=[world.card.pk, gone.pk])
    assert world.client.get(url).status_code == 200
    assert world.card.activites.count() == 2
    world.client.post(url)
    refold([world.card.pk])
    assert [row.secteur.code for row in world.card.activites.all()] == ["jardins"]
    assert "activites" in Structure.objects.get(pk=world.card.pk).champs_saisis


def test_a_confirmed_activity_survives_the_next_file(world):
    source = imported(world, ("proprete", "prestation"))
    refold([world.card.pk])
    activite = world.card.activites.get()
    assert activite.origine == Origine.DEDUITE
    world.client.post(edit_url(activite), typed(world, secteur=world.country.proprete.pk, lieux="Calvados"))
    source.donnees = {"champs": {"nom": "X"}, "activites": [], "brut": {}}
    source.save()
    refold([world.card.pk])
    kept = world.card.activites.get()
    assert (kept.pk, kept.origine, declared(kept)) == (activite.pk, Origine.DECLAREE, [("departement", "14")])


def test_words_of_the_sector_find_the_structure(world):
    add(world, lieux="Calvados", precision="Élagage de platanes")
    words = Structure.objects.get(pk=world.card.pk).racines
    assert " tont " in words
    assert " platan " in words


# Reach and cost -------------------------------------------------------------------------------------------------------
def test_activities_of_others_do_not_exist(world):
    other = make.make_activite()
    for name in ("edition_activite", "edition_activite_supprimer", "edition_zone_copier"):
        for card in (world.card.pk, other.structure_id):
            url = reverse(f"structures:{name}", args=[card, other.pk])
            assert world.client.post(url, typed(world, lieux="Calvados")).status_code == 404
    assert Activite.objects.get() == other


def test_sectors_are_grouped_by_family(world):
    page = world.client.get(add_url(world.card)).content.decode()
    assert '<optgroup label="Espaces verts">' in page
    assert page.count("<option") == 1 + 3


def test_the_list_costs_the_same_for_one_and_ten(world, django_assert_num_queries):
    url = reverse("structures:edition_activites", args=[world.card.pk])
    add(world, lieux="Calvados")
    world.client.get(url)
    with CaptureQueriesContext(connection) as one:
        world.client.get(url)
    for n in range(9):
        zone = zones.make_zone([("departement", "14"), ("commune", "27229")] if n % 2 else [("region", "28")])
        make.make_activite(structure=world.card, zone=zone, mode=Mode.FABRICATION)
    with django_assert_num_queries(len(one) + 2):  # other kinds of places are named, once each
        world.client.get(url)
