"""What to ask for in a tender, from what the structures of a territory can answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.parametres import Parametre
from portal.templatetags.formats import nombre, pluriel, pourcent
from structures.parametres import SeuilsPotentiel

# From this day a contract above the European thresholds must hold a social condition: loi 2021-1104, art. 35.
CLAUSE_OBLIGATOIRE_DEPUIS = date(2026, 8, 22)


@dataclass(frozen=True)
class Condition:
    """One condition of a rung: `remplie` is None when what it needs is not known."""

    phrase: str
    remplie: bool | None
    seuil: Parametre


@dataclass(frozen=True)
class Echelon:
    """A rung of the ladder, the most demanding first; one rung of a ladder is `retenu`."""

    code: str
    libelle: str
    conseil: str
    source: str
    conditions: tuple[Condition, ...]
    retenu: bool = False

    @property
    def etat(self) -> str:
        """`rempli`, `inconnu` when only what is not known stands in the way, else `non_rempli`."""
        met = [condition.remplie for condition in self.conditions]
        if False in met:
            return "non_rempli"
        return "inconnu" if None in met else "rempli"


def recommander(
    reservables: Mapping[str, int], total: int, dependance: Decimal | None, seuils: SeuilsPotentiel, on: date
) -> list[Echelon]:
    """The four rungs, one of them kept: the first whose conditions are all known to be met.

    `reservables`: by reservation, the structures that could answer it without further proof, as the law of `on` has it.
    The method is ours: enough structures for competition, and a contract that no structure would live on alone. A
    reservation is lawful under L. 2113-12 to L. 2113-14 of the Code de la commande publique, a social condition under
    L. 2112-2; the thresholds are those of `data/potentiel.csv`.
    """
    most = max(reservables.values(), default=0)
    rungs = [
        Echelon(
            "marche",
            "Réserver tout le marché",
            "Les structures sont assez nombreuses pour une vraie concurrence, et le contrat ne pèserait pas trop sur "
            "celle qui l'emporterait.",
            "Code de la commande publique, L. 2113-12 à L. 2113-14",
            (_enough_reservable(most, seuils.marche), _bearable(dependance, seuils.dependance)),
        ),
        Echelon(
            "lots",
            "Réserver un ou plusieurs lots",
            "Découpez des lots à la taille des structures (par métier, par site, par territoire) et réservez-les.",
            "Code de la commande publique, L. 2113-10 et L. 2113-12 à L. 2113-14",
            (_enough_reservable(most, seuils.lots),),
        ),
        Echelon(
            "clause",
            "Inscrire une clause sociale",
            "Le titulaire réserve des heures à des personnes éloignées de l'emploi\u00a0; il peut cotraiter ou "
            "sous-traiter avec les structures du territoire, ou leur demander du personnel.",
            "Code de la commande publique, L. 2112-2",
            (_enough(total, seuils.clause),),
        ),
        Echelon(
            "rien", "Ne rien demander de particulier", _nothing(on), "Code de la commande publique, L. 2112-2-1", ()
        ),
    ]
    kept = next(rung.code for rung in rungs if rung.etat == "rempli")
    return [Echelon(**vars(rung) | {"retenu": rung.code == kept}) for rung in rungs]


def _enough_reservable(most: int, seuil: Parametre) -> Condition:
    said = "pourrait répondre" if most < 2 else "pourraient répondre"
    words = f"{pluriel(most, 'structure')} {said} à une même réservation\u00a0; il en faut {nombre(seuil.valeur)}"
    return Condition(words, most >= seuil.valeur, seuil)


def _enough(total: int, seuil: Parametre) -> Condition:
    return Condition(
        f"{pluriel(total, 'structure')} en tout\u00a0; il en faut {nombre(seuil.valeur)}", total >= seuil.valeur, seuil
    )


def _bearable(dependance: Decimal | None, seuil: Parametre) -> Condition:
    limit = pourcent(seuil.valeur)
    if dependance is None:
        return Condition(f"dépendance économique inconnue\u00a0; elle doit rester à {limit} ou moins", None, seuil)
    words = f"dépendance économique de {pourcent(dependance)}\u00a0; elle doit rester à {limit} ou moins"
    return Condition(words, dependance <= seuil.valeur, seuil)


def _nothing(on: date) -> str:
    said = (
        "Trop peu de structures connues ici\u00a0: élargissez le territoire ou le secteur, ou consultez un "
        "facilitateur."
    )
    if on < CLAUSE_OBLIGATOIRE_DEPUIS:
        return said
    return (
        f"{said} Au-dessus des seuils européens, une condition sociale d'exécution reste obligatoire, sauf exception à "
        "motiver."
    )
