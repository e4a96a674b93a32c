"""Plausible structures, with three activities each: the data of the directory's benchmark.

The shape follows the peer's own benchmark, so that figures may be put side by side: kinds in the same proportions,
60 % of activities on places, 30 % on a radius of 10 to 100 km, 10 % on the whole country. Rows are poured in by the
database (COPY on PostgreSQL): 100 000 structures are there in a minute or two.
"""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from itertools import count

from django.db import connection, models, transaction
from django.utils import timezone

from portal.siret import siren_of
from portal.text import racines, sort_key
from structures.enums import Kind, Mode, Origine, TypeIdentifiant
from structures.models import (
    Activite,
    Commune,
    GroupeEconomique,
    Label,
    LabelObtenu,
    Organisation,
    Reseau,
    Secteur,
    Structure,
    Zone,
    ZoneLieu,
)
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
NETWORKS = ["Réseau du travail adapté", "Fédération des chantiers", "Union des régies", "Les employeurs solidaires"]
LABELS = ["Qualité de l'insertion", "Gestion écologique", "Réparation", "Commerce solidaire"]
GROUPS = 50
MODELS_OF_ZONES = 400  # distinct shapes of zones, each copied for many activities
BATCH = 5_000
TODAY = date(2026, 11, 1)
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
    groups = [GroupeEconomique.objects.create(nom=f"Groupe {rank}") for rank in range(GROUPS)]
    networks = [Reseau.objects.create(nom=nom, slug=f"essai-{rank}") for rank, nom in enumerate(NETWORKS)]
    labels = [Label.objects.create(nom=nom, code=f"essai-{rank}") for rank, nom in enumerate(LABELS)]
    numbers, zone_ids = count(1), count(max(shape.pk for shape in shapes) + 1)
    with transaction.atomic():
        for start in range(0, number, BATCH):
            _write(draw, seats[start : start + BATCH], secteurs, shapes, groups, networks, labels, numbers, zone_ids)


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


def _write(draw, seats, secteurs, shapes, groups, networks, labels, numbers, zone_ids) -> None:
    organisations, structures, activities, zones, shape_of, in_networks, held = [], [], [], [], [], [], []
    for commune in seats:
        pk, nom = next(numbers), f"{' '.join(draw.sample(WORDS, k=2)).capitalize()} {commune.nom}"
        kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
        siret, nom_tri = f"{100_000_000 + pk}00010", sort_key(nom)
        does = draw.sample(secteurs, k=draw.choice([2, 3, 3, 4]))
        sentences = draw.choices(SENTENCES, k=draw.randrange(1, 9)) if draw.random() < 0.6 else []
        organisations.append({
            "id": pk, "type_identifiant": TypeIdentifiant.SIRET, "identifiant": siret, "siren": siren_of(siret),
            "denomination": nom, "nom_tri": nom_tri, "commune_id": commune.pk,
        })  # fmt: skip
        known = draw.randrange(20, 101, 5)
        won = TODAY - timedelta(days=draw.randrange(2_000)) if draw.random() < 0.15 else None
        structures.append({
            "id": pk, "organisation_id": pk, "kind": kind, "nom": nom, "nom_tri": nom_tri, "ville": commune.nom,
            "commune_id": commune.pk, "departement_id": commune.departement_id,
            "latitude": commune.latitude + draw.uniform(-0.02, 0.02),
            "longitude": commune.longitude + draw.uniform(-0.02, 0.02),
            "description": " ".join(sentences), "source": "essai de charge",
            "site": "https://exemple.invalid" if draw.random() < 0.5 else "",
            "racines": _racines(nom, commune.nom, commune.departement.nom, kind.value, kind.label, *sentences,
                                *(secteur.racines for secteur in does)),
            "completude": known, "rang": 1 + known // 5 + draw.randrange(10),
            "capacite": draw.randrange(5, 120) if draw.random() < 0.5 else None,
            "effectif": draw.randrange(3, 300) if draw.random() < 0.5 else None,
            "mois_creux": draw.choice([0, 0, 0, 0b111, 0b110000000, 0b100000000001]),
            "formes_commande_publique": draw.choice([None, None, 0, 1, 3]),
            "siege_qpv": draw.choice([None, False, False, True]), "siege_zrr": draw.choice([None, False, False, True]),
            "groupe_id": draw.choice(groups).pk if draw.random() < 0.05 else None, "a_cotraite": draw.random() < 0.1,
            "titulaire_depuis": won,
            "titulaire_jusqu_au": won + timedelta(days=draw.randrange(1, 1_400)) if won else None,
            "convention_fin": TODAY + timedelta(days=draw.randrange(-200, 900)) if draw.random() < 0.4 else None,
            "donnees_du": TODAY - timedelta(days=draw.randrange(2_500)),
        })  # fmt: skip
        circle = None  # one per structure, as in life; places are shared by all who declare the same
        for secteur in does:
            shape = draw.choice(shapes)
            zone = circle if shape.rayon_km and circle else shape.pk
            if shape.rayon_km and circle is None:
                zone = circle = next(zone_ids)
                zones.append({"id": zone} | {name: getattr(shape, name) for name in CIRCLE})
                shape_of.append((zone, shape.pk))
            activities.append({
                "structure_id": pk, "secteur_id": secteur.pk, "zone_id": zone, "origine": Origine.DECLAREE,
                "mode": Mode.MISE_A_DISPOSITION if kind in LENDERS else Mode.PRESTATION,
            })  # fmt: skip
        if draw.random() < 0.6:
            in_networks.append({"structure_id": pk, "reseau_id": draw.choice(networks).pk})
        if draw.random() < 0.3:
            held.append({"structure_id": pk, "label_id": draw.choice(labels).pk})
    for model, rows in (
        (Organisation, organisations), (Structure, structures), (Zone, zones), (Activite, activities),
        (Structure.reseaux.through, in_networks), (LabelObtenu, held),
    ):  # fmt: skip
        pour(model, rows)
    _copy_places(shape_of)


def _copy_places(shape_of: list[tuple[int, int]]) -> None:
    """The places of each shape, given to its copies: rows that never become objects."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copies (zone bigint, shape bigint)")
        _insert(cursor, "copies", ["zone", "shape"], shape_of)
        cursor.execute(
            f"INSERT INTO {ZoneLieu._meta.db_table} (zone_id, niveau, code, couverture, declare, communes) "
            f"SELECT copies.zone, niveau, code, couverture, declare, communes FROM {ZoneLieu._meta.db_table} lieu "
            "JOIN copies ON copies.shape = lieu.zone_id"
        )
        cursor.execute("DROP TABLE copies")


def pour(model: type[models.Model], rows: list[dict]) -> None:
    """Insert rows given as {column: value}; what a row does not say takes the default of the model."""
    if not rows:
        return
    given = list(rows[0])
    fields = {field.attname: field for field in model._meta.concrete_fields}
    usual = {
        name: field.get_db_prep_save(_default(field), connection)
        for name, field in fields.items()
        if name not in given and not field.null and not field.primary_key
    }
    prepared = [fields[name] for name in given]
    lines = (
        [*(field.get_db_prep_save(row[field.attname], connection) for field in prepared), *usual.values()]
        for row in rows
    )
    with connection.cursor() as cursor:
        _insert(cursor, model._meta.db_table, [fields[name].column for name in (*given, *usual)], lines)


def _default(field):
    automatic = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return timezone.now() if automatic else field.get_default()


def _insert(cursor, table: str, columns: list[str], rows: Iterable) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        marks = ", ".join(["%s"] * len(columns))
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def _racines(*texts: str) -> str:
    stems = dict.fromkeys(stem for text in texts for stem in _stems(text))
    return f" {' '.join(stems)} "


@cache
def _stems(text: str) -> tuple[str, ...]:
    return tuple(text.split()) if text.startswith(" ") else tuple(racines(text).split())
