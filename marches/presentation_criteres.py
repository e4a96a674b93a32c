"""The award criteria of a lot as its page shows them."""

from dataclasses import dataclass

from marches.enums import UnitePonderation
from marches.models import Lot
from marches.rules.mentions import SOCIAL
from marches.rules.ponderation import Grille, poids_en_mots
from portal.templatetags.formats import nombre


@dataclass(frozen=True)
class Ligne:
    """`social`: its name speaks of insertion, disability or a social clause."""

    nom: str
    poids: str
    social: bool


@dataclass(frozen=True)
class Criteres:
    """`ponderes`: at least one has a weight; else they are a list."""

    lignes: list[Ligne]
    ponderes: bool
    ordonnes: bool
    phrase: str


def criteres(lot: Lot) -> Criteres | None:
    """What the page of a lot prints; None when its criteria are not known. No query."""
    grille = lot.grille
    if grille is None:
        return None
    lines = [
        Ligne(critere.nom, poids_en_mots(critere, grille.unite), bool(SOCIAL.search(critere.nom)))
        for critere in grille.criteres
    ]
    weighted = any(line.poids for line in lines)
    source = " D'après l'avis publié." if lot.grille_publiee else ""
    return Criteres(lines, weighted, grille.unite == UnitePonderation.ORDRE, _phrase(grille, weighted) + source)


def _phrase(grille: Grille, weighted: bool) -> str:
    if len(grille.criteres) == 1 and not weighted:
        return "C'est le seul critère."
    if grille.unite == UnitePonderation.ORDRE:
        return "Du plus important au moins important, sans poids chiffré."
    if not weighted:
        return "Le poids de chaque critère n'est pas indiqué ici\u00a0: voyez les documents de la consultation."
    least, most = grille.somme
    total = nombre(least) if least == most else f"{nombre(least)} à {nombre(most)}"
    unit = "%" if grille.unite == UnitePonderation.POURCENTAGE else "points"
    return f"Total des poids\u00a0: {total}\u00a0{unit}."
