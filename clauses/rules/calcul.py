"""Hours of a clause: forward, reverse, per lot; full-time equivalents, averages, proportion. Pure functions.

Shares and rates go from 0 to 1, amounts are euros before VAT, hours are Decimal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal

from portal.templatetags.formats import heures as h
from portal.templatetags.formats import pourcent
from portal.verdict import Verdict

Number = Decimal | int | str
WIDE = Context(prec=50, rounding=ROUND_HALF_UP)
UNITE = Decimal(1)
CALCUL = "Méthode de calcul des maisons de l'emploi"


@dataclass(frozen=True)
class Calcul:
    """Hours of a clause: `exact` keeps every decimal, `arrondi` is what the contract says."""

    exact: Decimal
    arrondi: int

    def __add__(self, other: "Calcul") -> "Calcul":
        """A contract is the sum of its lots, each rounded on its own."""
        return Calcul(self.exact + other.exact, self.arrondi + other.arrondi)

    @classmethod
    def zero(cls) -> "Calcul":
        return cls(Decimal(0), 0)


def heures_main_oeuvre(montant_ht: Number, part_main_oeuvre: Number, cout_horaire: Number) -> Decimal:
    """All the working hours an amount pays for: 1 500 000 € × 0.7 / 30 € = 35 000 h. Source: reference guides, C.5."""
    montant, part, cout = _amount(montant_ht), _share(part_main_oeuvre, "part de main-d'œuvre"), _cost(cout_horaire)
    return WIDE.divide(WIDE.multiply(montant, part), cout)


def heures_prevues(
    montant_ht: Number, part_main_oeuvre: Number, taux_insertion: Number, cout_horaire: Number
) -> Calcul:
    """Hours to write into a clause, rounded half up: 1 000 000 € × 0.5 × 0.05 / 30 € = 833 h.

    ValueError when a share is outside 0 to 1, an amount negative, a cost 0 or less.
    Source: examples published by MEF Sud 77 and other facilitators.
    """
    montant, part, cout = _amount(montant_ht), _share(part_main_oeuvre, "part de main-d'œuvre"), _cost(cout_horaire)
    taux = _share(taux_insertion, "taux d'insertion")
    # Multiply everything before the one division: no rounding hides in between.
    exact = WIDE.divide(WIDE.multiply(WIDE.multiply(montant, part), taux), cout)
    return Calcul(exact, int(exact.quantize(UNITE, context=WIDE)))


def somme_lots(calculs: Iterable[Calcul]) -> Calcul:
    """Hours of a contract: each lot is rounded, then added."""
    return sum(calculs, Calcul.zero())


def taux_pour(heures: Number, montant_ht: Number, part_main_oeuvre: Number, cout_horaire: Number) -> Decimal:
    """The insertion rate that gives these hours: 500 h on 400 000 €, 60 %, 32 €/h = 0.0667.

    May exceed 1: the hours asked are then more than the contract has. ValueError when there is no labour to share.
    """
    labour = heures_main_oeuvre(montant_ht, part_main_oeuvre, cout_horaire)
    if labour == 0:
        raise ValueError("Sans main-d'œuvre, aucun taux d'insertion ne donne d'heures.")
    return WIDE.divide(_amount(heures), labour)


def etp(heures: Number, base: Number = 1607) -> Decimal:
    """Full-time equivalents over a year, 2 places: 833 h = 0.52. Source: Code du travail, L. 3121-41 (1 607 h)."""
    return WIDE.divide(Decimal(heures), _cost(base)).quantize(Decimal("0.01"), context=WIDE)


def moyenne(total: Number, nombre: Number, decimales: int = 1) -> Decimal | None:
    """`total` ÷ `nombre`, rounded half up; None when there is nobody: 5 900 953 h / 14 743 people = 400.3 h."""
    if Decimal(nombre) == 0:
        return None
    return WIDE.divide(Decimal(total), Decimal(nombre)).quantize(Decimal(1).scaleb(-decimales), context=WIDE)


def personnes_pour(heures: Number, heures_par_personne: Number) -> int:
    """People that so many hours give work to, rounded up to one person: 833 h at 400 h each are 3 people.

    ValueError when nobody would work. Source: average hours by person published by networks, a dated parameter.
    """
    each = Decimal(heures_par_personne)
    if each <= 0:
        raise ValueError("A person works some hours.")
    return int(WIDE.divide(Decimal(heures), each).to_integral_value(rounding=ROUND_CEILING))


def proportionnalite(heures: Number, main_oeuvre: Number, seuil: Number = "0.20") -> Verdict:
    """Whether clause hours are in proportion with the labour of the contract; `seuil` is a parameter, not a law.

    Source: Code de la commande publique, L. 2112-2 and L. 2112-3 (linked to the object), L. 3 (proportion).
    """
    heures, main_oeuvre, seuil = Decimal(heures), Decimal(main_oeuvre), Decimal(seuil)
    if main_oeuvre == 0:
        return Verdict.avertissement(
            "Clause horaire sans main-d'œuvre\u00a0: le lot ne donne aucune heure de travail.",
            source=CALCUL,
            remede="Préférez une réservation, un critère, ou une autre considération sociale pour ce lot.",
        )
    if heures > main_oeuvre:
        return Verdict.blocage(
            f"La clause demande {h(heures)}, plus que toute la main-d'œuvre du lot ({h(main_oeuvre)}).",
            source="Code de la commande publique, L. 2112-2 et L. 3",
            remede="Réduisez les heures ou vérifiez le montant, la part de main-d'œuvre et le coût horaire.",
        )
    if heures > main_oeuvre * seuil:
        return Verdict.avertissement(
            f"La clause prend plus de {pourcent(seuil)} des heures de main-d'œuvre du lot.",
            source="Code de la commande publique, L. 2112-2 et L. 3\u00a0; seuil d'usage, paramétrable",
            remede="Vérifiez auprès des entreprises que cet effort est tenable.",
        )
    return Verdict.ok("Les heures sont proportionnées à la main-d'œuvre du lot.", source=CALCUL)


def _amount(value: Number) -> Decimal:
    amount = Decimal(value)
    if not amount.is_finite() or amount < 0:
        raise ValueError("Un montant ou un nombre d'heures ne peut être négatif.")
    return amount


def _share(value: Number, name: str) -> Decimal:
    share = Decimal(value)
    if not (share.is_finite() and 0 <= share <= 1):
        raise ValueError(f"Le nombre «\u00a0{name}\u00a0» va de 0 à 1.")
    return share


def _cost(value: Number) -> Decimal:
    cost = Decimal(value)
    if not cost.is_finite() or cost <= 0:
        raise ValueError("Le coût horaire doit être supérieur à 0.")
    return cost
