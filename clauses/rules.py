"""Rules of social clauses: calculation, pace, penalties, eligibility, checks of an hour line. Pure functions.

Shares and rates go from 0 to 1, amounts are euros before VAT, hours are Decimal.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import Protocol

from clauses.enums import Modalite, TypeContrat
from marches.rules import add_months
from portal.templatetags.formats import heures as h
from portal.templatetags.formats import jour, pourcent
from portal.verdict import Niveau, Verdict
from structures.enums import Kind

Number = Decimal | int | str
WIDE = Context(prec=50, rounding=ROUND_HALF_UP)
UNITE = Decimal(1)

CALCUL = "Méthode de calcul des maisons de l'emploi"
CCAG = "CCAG 2021, art. 16.1 et 20.1"
ELIGIBILITE_A_NOTER = "Si la personne est encore en parcours, consultez un justificatif et notez l’éligibilité."
PRETEURS = frozenset({Kind.AI, Kind.ETTI, Kind.EATT, Kind.GEIQ})  # lending staff is what they are for


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


# Calculation --------------------------------------------------------------------------------------------------------
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


def proportionnalite(heures: Number, main_oeuvre: Number, seuil: Number = "0.20") -> Verdict:
    """Whether clause hours are in proportion with the labour of the contract; `seuil` is a parameter, not a law.

    Source: Code de la commande publique, L. 2112-2 and L. 2112-3 (linked to the object), L. 3 (proportion).
    """
    heures, main_oeuvre, seuil = Decimal(heures), Decimal(main_oeuvre), Decimal(seuil)
    if main_oeuvre == 0:
        return Verdict.avertissement(
            "Clause horaire sans main-d'œuvre : le lot ne donne aucune heure de travail.",
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
            source="Code de la commande publique, L. 2112-2 et L. 3 ; seuil d'usage, paramétrable",
            remede="Vérifiez auprès des entreprises que cet effort est tenable.",
        )
    return Verdict.ok("Les heures sont proportionnées à la main-d'œuvre du lot.", source=CALCUL)


# Shortfall ----------------------------------------------------------------------------------------------------------
def penalite(dues: Number, acceptees: Number, taux: Number, plafond: Number | None = None) -> Decimal:
    """Euros owed for missing hours: (833 − 700) × 40 € = 5 320 €; never negative, never above the cap.

    The rate and the cap are those of the contract. Source: CCAG 2021 (penalties of the insertion clause).
    """
    if Decimal(taux) < 0:
        raise ValueError("La pénalité par heure ne peut être négative.")
    missing = max(Decimal(dues) - Decimal(acceptees), Decimal(0))
    amount = (missing * Decimal(taux)).quantize(Decimal("0.01"), context=WIDE)
    return amount if plafond is None else min(amount, Decimal(plafond))


@dataclass(frozen=True)
class Allure:
    """How a clause runs on a day. Shares from 0 up; `retard` in points of percentage, negative when ahead."""

    verdict: Verdict
    attendu: Decimal
    part: Decimal | None
    retard: Decimal

    @property
    def en_retard(self) -> bool:
        """Whether somebody has to act; a few points behind the pace are no delay."""
        return self.verdict.level >= Niveau.AVERTISSEMENT


def allure(
    debut: date,
    fin: date,
    dues: Number,
    acceptees: Number,
    on: date,
    *,
    orange: Number = 15,
    rouge: Number = 30,
) -> Allure:
    """Accepted ÷ due against elapsed ÷ total days, both bounds included; late by more than 15 points is amber, 30 red.

    Source: reference guides (C.6); thresholds are parameters. At exactly 15 points behind, all is still well.
    """
    total = (fin - debut).days + 1
    elapsed = min(max((on - debut).days + 1, 0), total)
    expected = Fraction(elapsed, total)
    dues, acceptees = Decimal(dues), Decimal(acceptees)
    if dues <= 0:
        verdict = Verdict.information("Aucune heure due à ce jour.")
        return Allure(verdict, _decimal(expected), None, Decimal(0))
    share = Fraction(acceptees) / Fraction(dues)
    behind = (expected - share) * 100
    words = f"{pourcent(_decimal(share))} des heures acceptées pour {pourcent(_decimal(expected))} de la durée écoulée"
    if share >= 1:
        verdict = Verdict.ok(f"Toutes les heures dues sont acceptées : {words}.")
    elif on > fin:
        verdict = Verdict.blocage(
            f"La clause est terminée avec {h(dues - acceptees)} manquantes.",
            remede="Ouvrez l'échange contradictoire avec l'entreprise, puis proposez une suite à l'acheteur.",
        )
    elif behind > Fraction(Decimal(rouge)):
        verdict = Verdict.blocage(
            f"Fort retard : {words}.", remede="Convoquez l'entreprise et arrêtez un plan de rattrapage."
        )
    elif behind > Fraction(Decimal(orange)):
        verdict = Verdict.avertissement(f"Retard : {words}.", remede="Contactez l'entreprise pour préparer la suite.")
    elif elapsed == 0:
        verdict = Verdict.information("La clause n'a pas encore commencé.")
    else:
        verdict = Verdict.ok(f"Rythme tenu : {words}.")
    return Allure(verdict, _decimal(expected), _decimal(share), _decimal(behind))


# People -------------------------------------------------------------------------------------------------------------
def tranche_age(annee_naissance: int, annee_entree: int) -> str:
    """« <26 », « 26-49 » or « 50+ », by year of entry − year of birth. Source: indicators of the networks (D)."""
    age = annee_entree - annee_naissance
    if age < 26:
        return "<26"
    return "26-49" if age < 50 else "50+"


def eligibilite_fin(debut: date, mois: int = 24) -> date:
    """Last day of an eligibility: 24 months from the first contract, the eve included. A parameter of conventions.

    Source: usual rule of facilitators, to be confirmed by each convention (C.3).
    """
    return add_months(debut, mois) - timedelta(days=1)


class Periode(Protocol):
    """What is read of an `Eligibilite`."""

    valable_du: date
    valable_au: date


def eligible_on(eligibilites: Iterable[Periode], day: date) -> Verdict:
    """Whether one of the criteria seen holds on that day. Source: CCAG 2021, art. 16.1.1 and 20.1.1."""
    known = list(eligibilites)
    if any(e.valable_du <= day <= e.valable_au for e in known):
        return Verdict.ok("Éligibilité en cours.", source=CCAG)
    ended = max((e.valable_au for e in known if e.valable_au < day), default=None)
    if ended:
        reason = f"L'éligibilité de la personne a pris fin le {jour(ended)}."
    elif known:
        reason = f"L'éligibilité de la personne ne commence que le {jour(min(e.valable_du for e in known))}."
    else:
        reason = "Aucune éligibilité n'a été vérifiée pour cette personne."
    return Verdict.avertissement(
        reason, source=CCAG, remede="Vérifiez le justificatif et notez l'éligibilité, ou refusez la ligne."
    )


# Hour lines ---------------------------------------------------------------------------------------------------------
def premier_du_mois(day: date) -> date:
    return day.replace(day=1)


def dernier_du_mois(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def mois_max(mois: date, par_semaine: Number = 48) -> Decimal:
    """Hours that `par_semaine` a week allow in this calendar month: 48 h × 31 ÷ 7 = 212.57 h in March.

    Source: Code du travail, L. 3121-20 (48 h a week), L. 3121-21 (60 h, exceptional circumstances).
    """
    days = monthrange(mois.year, mois.month)[1]
    return WIDE.divide(Decimal(par_semaine) * days, Decimal(7)).quantize(Decimal("0.01"), context=WIDE)


@dataclass(frozen=True)
class LigneAVerifier:
    """What the checks read of an hour line. `total_mois`: hours of the person in the month, all lines together."""

    mois: date
    heures: Decimal
    total_mois: Decimal
    modalite: str
    contrat: str
    date_debut: date
    date_fin: date | None
    kinds: Collection[str]
    clause_debut: date
    clause_fin: date
    eligibilites: Collection[Periode] = ()


def verifie_ligne(ligne: LigneAVerifier, *, par_semaine: Number = 48, exception: Number = 60) -> list[Verdict]:
    """What to know before accepting a line, the most serious first; an empty list when it is clean."""
    found = [
        _in_contract(ligne),
        _in_clause(ligne),
        _eligible(ligne),
        _legal_month(ligne, par_semaine, exception),
        modalite_possible(ligne.modalite, ligne.contrat, ligne.kinds),
    ]
    return sorted((v for v in found if not v.is_ok), key=lambda v: v.level.rank, reverse=True)


def modalite_possible(modalite: str, contrat: str, kinds: Collection[str]) -> Verdict:
    """Whether an employer of these kinds (none: an ordinary company) may employ this way.

    Sources: CASF L. 344-2 (ESAT users have no wage contract), Code du travail L. 5132-7 (AI), L. 5132-6 (ETTI),
    L. 5213-13-3 (EATT), L. 1253-1 (GEIQ).
    """
    kinds = set(kinds)
    if contrat == TypeContrat.USAGER_ESAT and Kind.ESAT not in kinds:
        return Verdict.blocage(
            "Seul un ESAT accueille des usagers sans contrat de travail.",
            source="Code de l'action sociale et des familles, L. 344-2",
            remede="Corrigez l'employeur ou le contrat de cette affectation.",
        )
    if modalite == Modalite.MISE_A_DISPOSITION and not kinds & PRETEURS:
        if kinds & {Kind.EA, Kind.ESAT}:
            return Verdict.information("Mise à disposition par une EA ou un ESAT : une convention l'encadre.")
        return Verdict.avertissement(
            "L'employeur n'est connu ni comme AI, ni ETTI, EATT ou GEIQ, dont la mise à disposition est l'objet.",
            source="Code du travail, L. 5132-6, L. 5132-7, L. 5213-13-3, L. 1253-1",
            remede="Vérifiez l'employeur : une agence d'intérim ordinaire n'est admise que sur certains territoires.",
        )
    if modalite == Modalite.EMBAUCHE and kinds & {Kind.AI, Kind.ETTI, Kind.EATT} and not kinds - PRETEURS:
        return Verdict.avertissement(
            "Cet employeur prête ses salariés : la modalité attendue est la mise à disposition.",
            remede="Vérifiez la modalité de cette affectation.",
        )
    if modalite == Modalite.REALISATION and not kinds:
        return Verdict.avertissement(
            "La réalisation directe suppose une structure inclusive ; l'annuaire ne connaît pas celle-ci.",
            remede="Vérifiez l'employeur ou choisissez une autre modalité.",
        )
    if modalite in {Modalite.SOUS_TRAITANCE, Modalite.COTRAITANCE} and not kinds:
        return Verdict.information("L'employeur n'est pas connu de l'annuaire comme structure inclusive.")
    return Verdict.ok()


def _in_contract(ligne: LigneAVerifier) -> Verdict:
    last = dernier_du_mois(ligne.mois)
    if ligne.date_debut > last or (ligne.date_fin is not None and ligne.date_fin < ligne.mois):
        return Verdict.blocage(
            "Le contrat de la personne ne couvre aucun jour de ce mois.",
            source="Seules comptent les heures payées sur un contrat en cours",
            remede="Corrigez les dates de l'affectation ou refusez la ligne.",
        )
    return Verdict.ok()


def _in_clause(ligne: LigneAVerifier) -> Verdict:
    if ligne.clause_debut > dernier_du_mois(ligne.mois) or ligne.clause_fin < ligne.mois:
        return Verdict.blocage(
            "Ce mois est hors de la période de la clause.", remede="Vérifiez le mois, ou les dates de la clause."
        )
    return Verdict.ok()


def _eligible(ligne: LigneAVerifier) -> Verdict:
    first = max(ligne.mois, ligne.date_debut)
    last = min(dernier_du_mois(ligne.mois), ligne.date_fin or date.max)
    at_start, at_end = eligible_on(ligne.eligibilites, first), eligible_on(ligne.eligibilites, max(first, last))
    if at_start.is_ok and at_end.is_ok:
        return Verdict.ok()
    if at_start.is_ok or at_end.is_ok:
        return Verdict.information(
            "L'éligibilité ne couvre qu'une partie du mois.", source=CCAG, remede="Vérifiez les jours travaillés."
        )
    return at_start


def _legal_month(ligne: LigneAVerifier, par_semaine: Number, exception: Number) -> Verdict:
    usual, most = mois_max(ligne.mois, par_semaine), mois_max(ligne.mois, exception)
    if ligne.total_mois > most:
        return Verdict.blocage(
            f"{h(ligne.total_mois)} dans le mois pour cette personne : la loi n'en permet jamais plus de {h(most)}.",
            source="Code du travail, L. 3121-21",
            remede="Demandez la correction de la ligne.",
        )
    if ligne.total_mois > usual:
        return Verdict.avertissement(
            f"{h(ligne.total_mois)} dans le mois pour cette personne, au-delà de {h(usual)}.",
            source="Code du travail, L. 3121-20",
            remede="Demandez le bulletin de paie ou la correction de la ligne.",
        )
    return Verdict.ok()


def _amount(value: Number) -> Decimal:
    amount = Decimal(value)
    if not amount.is_finite() or amount < 0:
        raise ValueError("Un montant ou un nombre d'heures ne peut être négatif.")
    return amount


def _share(value: Number, name: str) -> Decimal:
    share = Decimal(value)
    if not (share.is_finite() and 0 <= share <= 1):
        raise ValueError(f"Le nombre « {name} » va de 0 à 1.")
    return share


def _cost(value: Number) -> Decimal:
    cost = Decimal(value)
    if not cost.is_finite() or cost <= 0:
        raise ValueError("Le coût horaire doit être supérieur à 0.")
    return cost


def _decimal(share: Fraction) -> Decimal:
    """4 places, for display and sorting; comparisons are made on the exact fraction."""
    return WIDE.divide(Decimal(share.numerator), Decimal(share.denominator)).quantize(Decimal("0.0001"), context=WIDE)
