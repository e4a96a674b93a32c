"""Ten thousand plausible structures, with three activities each: the data of the directory's benchmark.

The shape follows the peer's own benchmark, so that figures may be put side by side: kinds in the same proportions,
60 % of activities on places, 30 % on a radius of 10 to 100 km, 10 % on the whole country.
"""

import random
from itertools import count

from django.db import connection, transaction

from portal.siret import siren_of
from portal.text import sort_key
from structures.enums import Kind, Mode, Origine, TypeIdentifiant
from structures.models import Activite, Commune, Organisation, Secteur, Structure, Zone
from structures.search_index import reindex
from structures.zones import Geography, make_zone

KINDS = {Kind.ACI: 28, Kind.EI: 20, Kind.ESAT: 20, Kind.EA: 10, Kind.AI: 8, Kind.ETTI: 5, Kind.GEIQ: 3, Kind.SEP: 3,
         Kind.EITI: 2, Kind.EATT: 1}  # fmt: skip
LENDERS = {Kind.AI, Kind.ETTI, Kind.GEIQ, Kind.EATT}
WORDS = ["ateliers", "solidaire", "chantier", "jardins", "services", "emploi", "horizon", "passerelle", "relais",
         "avenir", "tremplin", "environnement", "propreté", "bâtiment", "recyclage", "entraide",
         "parcours"]  # fmt: skip
SENTENCES = [
    "Nos équipes encadrées interviennent chaque jour chez nos clients publics et privés.",
    "Nous accueillons des personnes éloignées de l'emploi et les accompagnons vers un métier.",
    "Devis sous cinq jours, matériel fourni, encadrement permanent.",
    "La structure est conventionnée depuis plus de dix ans et certifiée pour ses prestations.",
]
MODELS_OF_ZONES = 400  # distinct shapes of zones, each copied for many activities
BATCH = 1_000
CIRCLE = ("latitude", "longitude", "rayon_km", "sud", "nord", "ouest", "est")


def generate(number: int = 10_000) -> None:
    """Write `number` structures; territories and sectors must be there."""
    draw = random.Random(2026)
    communes = list(
        Commune.objects.filter(parente=None, latitude__isnull=False, departement__isnull=False)
        .select_related("departement")
        .order_by("code")
    )
    weights = [commune.population + 50 for commune in communes]
    seats = draw.choices(communes, weights, k=number)
    secteurs = list(Secteur.objects.filter(parent__isnull=False).order_by("pk"))
    shapes = _shapes(draw, communes, weights)
    numbers = count(100_000_000)
    for start in range(0, number, BATCH):
        with transaction.atomic():
            _write(draw, seats[start : start + BATCH], secteurs, shapes, numbers)


def _shapes(draw, communes, weights) -> list[Zone]:
    """Zones to copy."""
    shapes, geography = [], Geography.read()
    for rank in range(MODELS_OF_ZONES):
        seat = draw.choices(communes, weights)[0]
        share = rank / MODELS_OF_ZONES
        if share < 0.1:
            zone = shapes[0] if shapes else make_zone([("france", "")], geography=geography)
        elif share < 0.4:
            centre = (seat.latitude, seat.longitude)
            zone = make_zone(centre=centre, rayon_km=draw.randrange(10, 101), geography=geography)
        elif share < 0.75:
            zone = make_zone([("departement", seat.departement_id)], geography=geography)
        elif share < 0.85:
            zone = make_zone([("region", seat.departement.region_id)], geography=geography)
        else:
            place = ("epci", seat.epci_id) if seat.epci_id else ("commune", seat.code)
            zone = make_zone([place], geography=geography)
        shapes.append(zone)
    return shapes


def _write(draw, seats, secteurs, shapes, numbers) -> None:
    organisations = Organisation.objects.bulk_create(
        Organisation(
            type_identifiant=TypeIdentifiant.SIRET, identifiant=(siret := f"{next(numbers)}00010"),
            siren=siren_of(siret), denomination=(name := _name(draw, commune)), nom_tri=sort_key(name), commune=commune,
        )
        for commune in seats
    )  # fmt: skip
    structures = Structure.objects.bulk_create(
        Structure(
            organisation=organisation, kind=draw.choices(list(KINDS), list(KINDS.values()))[0],
            nom=organisation.denomination, nom_tri=organisation.nom_tri, ville=commune.nom, commune=commune,
            departement_id=commune.departement_id, latitude=commune.latitude + draw.uniform(-0.02, 0.02),
            longitude=commune.longitude + draw.uniform(-0.02, 0.02),
            description=" ".join(draw.choices(SENTENCES, k=draw.randrange(1, 9))) if draw.random() < 0.6 else "",
            site="https://exemple.invalid" if draw.random() < 0.5 else "", source="essai de charge",
        )
        for organisation, commune in zip(organisations, seats, strict=True)
    )  # fmt: skip
    wanted = [
        (structure, secteur, draw.choice(shapes))
        for structure in structures
        for secteur in draw.sample(secteurs, k=draw.choice([2, 3, 3, 4]))
    ]
    zones = Zone.objects.bulk_create(Zone(**{name: getattr(zone, name) for name in CIRCLE}) for _, _, zone in wanted)
    with connection.cursor() as cursor:  # 600 000 rows in all: copied by the database, they never become objects
        cursor.executemany(
            "INSERT INTO structures_zonelieu (zone_id, niveau, code, couverture, declare) "
            "SELECT CAST(%s AS bigint), niveau, code, couverture, declare FROM structures_zonelieu WHERE zone_id = %s",
            [(zone.pk, shape.pk) for zone, (_, _, shape) in zip(zones, wanted, strict=True)],
        )
    Activite.objects.bulk_create(
        Activite(
            structure=structure, secteur=secteur, zone=zone, origine=Origine.DECLAREE,
            mode=Mode.MISE_A_DISPOSITION if structure.kind in LENDERS else Mode.PRESTATION,
        )
        for zone, (structure, secteur, _) in zip(zones, wanted, strict=True)
    )  # fmt: skip
    reindex([structure.pk for structure in structures])


def _name(draw, commune: Commune) -> str:
    return f"{' '.join(draw.sample(WORDS, k=2)).capitalize()} {commune.nom}"
