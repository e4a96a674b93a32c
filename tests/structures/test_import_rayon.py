"""A column of kilometres in a free table: a circle around the seat, or around a commune the line names."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.models import Depot, Importation
from structures.importers.tableau import Choix
from structures.lieux import resolve
from structures.models import SourceStructure, Structure, Zone
from structures.zones import describe, zones_of
from tests.factories import make_siret
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
A, B = make_siret(nic=91), make_siret(nic=92)
HEADER = "SIRET;Type;Nom;CP;Ville;Secteurs;Territoire;Rayon (km);Autour de"
COLUMNS = {
    "siret": "SIRET", "type": "Type", "nom": "Nom", "code_postal": "CP", "ville": "Ville", "secteurs": "Secteurs",
    "zone": "Territoire", "rayon": "Rayon (km)", "rayon_autour": "Autour de",
}  # fmt: skip
LISIEUX, IFS = (49.146, 0.229, 30), (49.138, -0.353, 30)


@pytest.fixture(autouse=True)
def country(db):
    return make_country()


def line(siret=A, zone="", rayon="30", around="", ville="Ifs", cp="14123", secteurs="Jardinage"):
    return f"{siret};ACI;Jardins;{cp};{ville};{secteurs};{zone};{rayon};{around}"


def do_import(client, *lines) -> Importation:
    file = SimpleUploadedFile("x.csv", "\n".join([HEADER, *lines]).encode())
    client.post(reverse("structures:import_structures"), {"fichier": file})
    depot = Depot.objects.order_by("-pk").first()
    page = client.get(reverse("structures:import_correspondance", args=[depot.pk])).content.decode()
    assert '<option value="Rayon (km)" selected>' in page  # guessed
    assert '<option value="Autour de" selected>' in page
    client.post(reverse("structures:import_correspondance", args=[depot.pk]), COLUMNS)
    client.post(reverse("structures:import_confirmer", args=[depot.pk]))
    return Importation.objects.first()


def circle_of(siret=A):
    zone = Structure.objects.get(organisation__identifiant=siret).activites.get().zone
    return (zone.latitude, zone.longitude, zone.rayon_km) if zone else None


@pytest.mark.parametrize(
    ("given", "circle"),
    [
        ({}, IFS),
        ({"rayon": "30 km"}, IFS),
        ({"rayon": "29,6 Km"}, IFS),
        ({"rayon": "30 kilomètres"}, IFS),
        ({"around": "Lisieux"}, LISIEUX),
        ({"around": "14100 LISIEUX"}, LISIEUX),
        ({"around": "Lisieux (14100)"}, LISIEUX),
        ({"rayon": "30 km autour de Lisieux"}, LISIEUX),
        ({"rayon": "30 autour d'Évreux"}, (49.027, 1.151, 30)),  # in another département
        ({"around": "Paris 10e"}, (48.876, 2.36, 30)),
        ({"ville": "", "cp": "", "around": "Lisieux"}, LISIEUX),
    ],
)
def test_a_circle(client_reseau, given, circle):
    importation = do_import(client_reseau, line(**given))
    assert importation.rapport["signalements"] == []
    assert circle_of() == circle


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"rayon": "0"}, "de 1 à 500"),
        ({"rayon": "501"}, "de 1 à 500"),
        ({"rayon": "beaucoup"}, "de 1 à 500"),
        ({"rayon": "-30"}, "de 1 à 500"),
        ({"rayon": "9" * 40}, "de 1 à 500"),
        ({"around": "Nulle-Part"}, "commune au centre du rayon inconnue"),
        ({"around": "Normandie"}, "commune au centre du rayon inconnue"),
        ({"ville": "", "cp": ""}, "sans ville du siège"),
    ],
)
def test_what_makes_no_circle_is_said(client_reseau, given, reason):
    importation = do_import(client_reseau, line(**given))
    assert [reason in each["raison"] for each in importation.rapport["signalements"]] == [True]
    assert importation.rapport["crees"] == 1
    assert circle_of() is None


def test_without_sector_there_is_no_circle(client_reseau):
    importation = do_import(client_reseau, line(secteurs=""))
    assert "rayon sans secteur" in importation.rapport["signalements"][0]["raison"]
    assert not Zone.objects.exists()


def test_a_circle_beside_places(client_reseau):
    do_import(client_reseau, line(zone="Eure"))
    zone = Structure.objects.get(organisation__identifiant=A).activites.get().zone
    assert describe([zone])[zone.pk] == "Eure et 30\u00a0km autour d'Ifs"
    found = {name: zone in zones_of(resolve(name).lieu) for name in ("Caen", "Évreux", "Lisieux")}
    assert found == {"Caen": True, "Évreux": True, "Lisieux": False}


def test_the_same_circle_is_one_zone_and_goes_with_its_column(client_reseau):
    do_import(client_reseau, line(), line(siret=B))
    assert Zone.objects.count() == 1
    again = do_import(client_reseau, line(), line(siret=B, rayon=""))
    assert (again.rapport["inchanges"], again.rapport["mis_a_jour"]) == (1, 1)
    assert circle_of(B) is None
    assert circle_of() == IFS


def test_a_record_without_circle_keeps_its_fingerprint():
    from structures.upsert import Fiche

    plain = Fiche(1, "x", "ACI", siret=A, publie_le=date(2026, 1, 1))
    assert "rayon" not in plain.donnees
    assert Choix.read({"colonnes": {"siret": "SIRET"}}).officiel is False
    assert not SourceStructure.objects.exists()
