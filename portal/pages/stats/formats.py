"""What the format of an imported file is called on pages; files keep its short key."""

from marches.importers.formats import FORMATS
from structures.importers import asp, data_inclusion, ea, emplois, esat, geiq

NOMS = {
    **{format.cle: format.nom for format in FORMATS},
    **{module.FORMAT.name: module.FORMAT.libelle for module in (asp, data_inclusion, ea, emplois, esat, geiq)},
    "ea": "liste d’entreprises adaptées",
    "tableau": "tableau de structures",
    "territoires": "référentiels des territoires",
    "avis": "avis de marchés",
}


def nom_du_format(cle: str) -> str:
    """Its French name; the key of a format that is read no more."""
    return NOMS.get(cle, cle)
