"""Checks of an hour line before it is accepted. Pure functions."""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clauses.enums import Modalite
from clauses.rules.calcul import WIDE, Number
from clauses.rules.cumuls import AutreLigne, declaree_ailleurs, pret_ai
from clauses.rules.personnes import CCAG, Periode, eligible_on
from clauses.rules.statuts import HANDICAP, alternance, cdi_limite, travail_independant, usager_esat
from portal.templatetags.formats import heures as h
from portal.verdict import Niveau, Verdict
from structures.enums import Kind

ELIGIBILITE_A_NOTER = "Si la personne est encore en parcours, consultez un justificatif et notez l’éligibilité."
PRETEURS = frozenset({Kind.AI, Kind.ETTI, Kind.EATT, Kind.GEIQ})  # lending staff is what they are for


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


def jours_max(jours: int, par_semaine: Number = 48, par_jour: Number = 10) -> Decimal:
    """Hours that `jours` days allow: whole weeks at `par_semaine`, then days at `par_jour` up to one more week.

    Source: Code du travail, L. 3121-18 (10 h a day) and L. 3121-20 (48 h a week).
    """
    weeks, days = divmod(jours, 7)
    return Decimal(par_semaine) * weeks + min(Decimal(par_semaine), Decimal(par_jour) * days)


@dataclass(frozen=True)
class Prets:
    """What an AI has lent of a person in the period of the line, the line included (hours)."""

    prives: Decimal
    inconnues: Decimal
    derogation: date | None = None


@dataclass(frozen=True)
class Plafonds:
    """The dated parameters of the checks: hours a week, a day, lent over some months; months after a CDI."""

    par_semaine: Number = 48
    exception: Number = 60
    par_jour: Number = 10
    prets: Number = 480
    prets_alerte: Number = 400
    prets_mois: int = 24
    cdi_mois: int = 24


@dataclass(frozen=True)
class LigneAVerifier:
    """What the checks read of an hour line. `total_mois`: hours of the person in the month, all lines together.

    `autres`: their other lines of the month; `prets`: for a person lent by an AI to anybody but a public employer.
    """

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
    autres: Collection[AutreLigne] = ()
    prets: Prets | None = None


def verifie_ligne(ligne: LigneAVerifier, plafonds: Plafonds = Plafonds()) -> list[Verdict]:
    """What to know before accepting a line, the most serious first; an empty list when it is clean."""
    kinds = set(ligne.kinds)
    found = [
        _in_contract(ligne),
        _in_clause(ligne),
        _days_possible(ligne, plafonds),
        _eligible(ligne),
        _legal_month(ligne, plafonds.par_semaine, plafonds.exception),
        usager_esat(ligne.contrat, ligne.modalite, kinds),
        modalite_possible(ligne.modalite, kinds),
        travail_independant(kinds),
        cdi_limite(ligne.contrat, ligne.date_debut, ligne.mois, kinds, duree=plafonds.cdi_mois),
        alternance(ligne.contrat, ligne.date_fin),
        declaree_ailleurs(ligne.heures, ligne.autres),
        _lent(ligne, plafonds),
    ]
    return sorted((v for v in found if not v.is_ok), key=lambda v: v.level.rank, reverse=True)


def a_relire(ligne: LigneAVerifier, plafonds: Plafonds = Plafonds()) -> list[Verdict]:
    """Of the same checks, what who declares can put right before sending: hours, dates, its own lendings.

    `ligne` holds only what it declares itself: nothing here tells of an eligibility, nor of hours declared by others.
    Nothing is refused: at worst an avertissement, which a facilitator will look at in turn.
    """
    found = [
        _in_contract(ligne),
        _in_clause(ligne),
        _days_possible(ligne, plafonds),
        _legal_month(ligne, plafonds.par_semaine, plafonds.exception),
        _lent(ligne, plafonds),
    ]
    serious = {Niveau.AVERTISSEMENT, Niveau.BLOCAGE}
    return [Verdict.avertissement(v.reason, source=v.source) for v in found if v.level in serious]


def modalite_possible(modalite: str, kinds: Collection[str]) -> Verdict:
    """Whether an employer of these kinds (none: an ordinary company) may employ this way.

    Sources: Code du travail L. 5132-7 (AI), L. 5132-6 (ETTI), L. 5213-13-3 (EATT), L. 1253-1 (GEIQ).
    """
    kinds = set(kinds)
    if modalite == Modalite.MISE_A_DISPOSITION and not kinds & PRETEURS:
        if kinds & {Kind.EA, Kind.ESAT}:
            return Verdict.information("Mise à disposition par une EA ou un ESAT\u00a0: une convention l'encadre.")
        return Verdict.avertissement(
            "L'employeur n'est connu ni comme AI, ni ETTI, EATT ou GEIQ, dont la mise à disposition est l'objet.",
            source="Code du travail, L. 5132-6, L. 5132-7, L. 5213-13-3, L. 1253-1",
            remede="Vérifiez l'employeur\u00a0: une agence d'intérim ordinaire n'est admise que sur certains "
            "territoires.",
        )
    if modalite == Modalite.EMBAUCHE and kinds & {Kind.AI, Kind.ETTI, Kind.EATT} and not kinds - PRETEURS:
        return Verdict.avertissement(
            "Cet employeur prête ses salariés\u00a0: la modalité attendue est la mise à disposition.",
            remede="Vérifiez la modalité de cette affectation.",
        )
    if modalite == Modalite.REALISATION and not kinds:
        return Verdict.avertissement(
            "La réalisation directe suppose une structure inclusive\u00a0; l'annuaire ne connaît pas celle-ci.",
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


def _days_possible(ligne: LigneAVerifier, plafonds: Plafonds) -> Verdict:
    """Whether the days of the month inside both the contract and the clause can hold these hours."""
    first = max(ligne.mois, ligne.date_debut, ligne.clause_debut)
    last = min(dernier_du_mois(ligne.mois), ligne.date_fin or date.max, ligne.clause_fin)
    days = (last - first).days + 1
    if days < 1 or days == monthrange(ligne.mois.year, ligne.mois.month)[1]:
        return Verdict.ok()  # said by the checks of dates, or by that of the legal month
    most = jours_max(days, plafonds.par_semaine, plafonds.par_jour)
    if ligne.heures <= most:
        return Verdict.ok()
    return Verdict.avertissement(
        f"{h(ligne.heures)} pour {days} jour{'s' if days > 1 else ''} du mois dans le contrat et la clause, au-delà de "
        f"{h(most)}.",
        source="Code du travail, L. 3121-18 et L. 3121-20",
        remede="Vérifiez les dates du contrat\u00a0: les heures faites hors de la clause ne comptent pas.",
    )


def _lent(ligne: LigneAVerifier, plafonds: Plafonds) -> Verdict:
    if ligne.prets is None:
        return Verdict.ok()
    return pret_ai(
        ligne.prets.prives, ligne.prets.inconnues, derogation=ligne.prets.derogation,
        dernier_jour=dernier_du_mois(ligne.mois), plafond=plafonds.prets, alerte=plafonds.prets_alerte,
        duree=plafonds.prets_mois,
    )  # fmt: skip


def _eligible(ligne: LigneAVerifier) -> Verdict:
    first = max(ligne.mois, ligne.date_debut)
    last = min(dernier_du_mois(ligne.mois), ligne.date_fin or date.max)
    at_start, at_end = eligible_on(ligne.eligibilites, first), eligible_on(ligne.eligibilites, max(first, last))
    if at_start.is_ok and at_end.is_ok:
        return Verdict.ok()
    if at_start.is_ok or at_end.is_ok:
        return Verdict.avertissement(
            "L'éligibilité ne couvre qu'une partie du mois.",
            source=CCAG,
            remede="Vérifiez les jours travaillés\u00a0: seules comptent les heures faites pendant l'éligibilité.",
        )
    if HANDICAP & set(ligne.kinds):
        return Verdict.information(
            "Aucune éligibilité notée ce mois-ci\u00a0: l'entreprise adaptée ou l'ESAT qui l'emploie la rend éligible.",
            source=CCAG,
        )
    return at_start


def _legal_month(ligne: LigneAVerifier, par_semaine: Number, exception: Number) -> Verdict:
    usual, most = mois_max(ligne.mois, par_semaine), mois_max(ligne.mois, exception)
    if ligne.total_mois > most:
        return Verdict.blocage(
            f"{h(ligne.total_mois)} dans le mois pour cette personne\u00a0: la loi n'en permet jamais plus de "
            f"{h(most)}.",
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
