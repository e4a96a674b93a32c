"""What data·inclusion v1 calls our kinds and the networks of structures; both directions read these tables.

Source: data·inclusion, « réseaux porteurs » of the structure schema 1.0.10. A prison workshop (SEP) has no value there.
"""

from portal.text import fold
from structures.enums import Kind

SOURCE = "portail-achats-responsables"  # of our own objects, and how their identifiers begin

KIND_TO_RESEAU = {
    kind.value: kind.value.lower()
    for kind in (
        Kind.EI, Kind.AI, Kind.ACI, Kind.ETTI, Kind.EITI, Kind.GEIQ, Kind.EA, Kind.EATT, Kind.ESAT,
    )
}  # fmt: skip
RESEAU_TO_KIND = {reseau: kind for kind, reseau in KIND_TO_RESEAU.items()}

# Those that gather inclusive structures: value → name. Town halls or hospitals are none of ours.
RESEAUX = {
    "apprentis-dauteuil": "Apprentis d'Auteuil",
    "banques-alimentaires": "Banques alimentaires",
    "cava": "Centres d'adaptation à la vie active",
    "chantier-ecole": "Chantier école",
    "coorace": "Coorace",
    "crepi": "Crepi",
    "croix-rouge": "Croix-Rouge",
    "emmaus": "Emmaüs",
    "face": "Fondation Face",
    "federation-des-acteurs-de-la-solidarite": "Fédération des acteurs de la solidarité",
    "inae": "Inaé Nouvelle-Aquitaine",
    "la-cravate-solidaire": "La Cravate solidaire",
    "mobin": "Mob'In",
    "reseau-app": "Réseau APP",
    "ressourceries": "Ressourceries",
    "restos-du-coeur": "Restos du cœur",
    "secours-populaire": "Secours populaire",
    "unea": "Unea",
    "wimoov": "Wimoov",
}
_BY_NAME = {fold(nom): value for value, nom in RESEAUX.items()}


def reseau_porteur(nom: str, slug: str) -> str | None:
    """The value for one of our networks; None when the nomenclature does not know it."""
    return slug if slug in RESEAUX else _BY_NAME.get(fold(nom))
