"""Territories, sectors and zones."""

from portal.text import racines
from structures.enums import Couverture, NiveauLieu
from structures.models import CodePostal, Commune, Departement, Epci, Region, Secteur, Zone, ZoneLieu
from tests.factories.nombres import _n, make_siren


def make_region(**given) -> Region:
    n = next(_n)
    usual = {"code": f"R{n % 100:02d}", "nom": f"Région {n}"}
    fields = usual | given
    return Region.objects.create(**{"nom_tri": fields["nom"].lower()} | fields)


def make_departement(*, region=None, **given) -> Departement:
    n = next(_n)
    usual = {"code": f"D{n % 100:02d}", "nom": f"Département {n}", "region": region or make_region()}
    fields = usual | given
    return Departement.objects.create(**{"nom_tri": fields["nom"].lower()} | fields)


def make_epci(**given) -> Epci:
    n = next(_n)
    fields = {"siren": make_siren(), "nom": f"Intercommunalité {n}", "type": "CC"} | given
    return Epci.objects.create(**{"nom_tri": fields["nom"].lower()} | fields)


def make_commune(*, departement=None, **given) -> Commune:
    n = next(_n)
    usual = {
        "code": f"{n % 100_000:05d}",
        "nom": f"Commune {n}",
        "departement": departement or make_departement(),
        "population": 1000,
        "latitude": 47.2,
        "longitude": -1.55,
    }
    fields = usual | given
    return Commune.objects.create(**{"nom_tri": fields["nom"].lower()} | fields)


def make_code_postal(*, commune=None, **given) -> CodePostal:
    usual = {"code": f"{next(_n) % 100_000:05d}", "commune": commune or make_commune()}
    return CodePostal.objects.create(**usual | given)


def make_secteur(**given) -> Secteur:
    n = next(_n)
    fields = {"code": f"secteur-{n}", "nom": f"Secteur {n}", "ordre": n} | given
    words = racines(fields["nom"], fields.get("synonymes", ""))
    return Secteur.objects.create(**{"racines": words} | fields)


def make_zone(**given) -> Zone:
    """An empty zone; give `latitude`, `longitude`, `rayon_km` for a circle, and `make_zone_lieu` for its places."""
    return Zone.objects.create(**given)


def make_zone_lieu(*, zone=None, **given) -> ZoneLieu:
    usual = {
        "zone": zone or make_zone(),
        "niveau": NiveauLieu.DEPARTEMENT,
        "code": f"{next(_n) % 1000:03d}",
        "couverture": Couverture.ENTIER,
        "declare": True,
    }
    return ZoneLieu.objects.create(**usual | given)
