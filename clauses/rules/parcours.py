"""How long people may be followed and known: extensions of an eligibility, when a person is to be erased."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any

from clauses.enums import MotifProlongation, StatutFormation
from marches.rules import add_months
from portal.templatetags.formats import jour
from portal.verdict import Verdict
from structures.enums import Kind

PASS_IAE = "Code du travail, R. 5132-1-5 et suivants (PASS IAE)"
AGE_SENIOR, AGE_CDI = 50, 57
DIFFICULTES = frozenset({Kind.AI, Kind.ACI})  # the only kinds where « difficultés particulières » extend


def prolongation_permise(
    motif: MotifProlongation,
    mois: int,
    deja: int,
    *,
    pas: int,
    plafond: int | None,
    age: int | None = None,
    kinds: Collection[str] = (),
    rqth: bool = False,
) -> Verdict:
    """Whether an eligibility may go on for `mois` more months on this ground.

    `deja`: months already given on it; `pas`: the longest at once; `plafond`: the longest in all, None without limit;
    `age` in years on the day it starts; `kinds` of the present employer; `rqth`: that criterion was seen.
    Source: rules of the PASS IAE (12 months at once; training without limit, disabled workers and people in difficulty
    3 years more, from 50 years old 5 years more, CDI d'inclusion from 57 years old); outside, what the convention says.
    """
    if not 0 < mois <= pas:
        return Verdict.blocage(
            f"Une prolongation dure {pas} mois au plus, renouvelable.", source=PASS_IAE,
            remede="Raccourcissez-la, puis prolongez de nouveau le moment venu.",
        )  # fmt: skip
    refused = _ground(motif, age, kinds, rqth)
    if refused is not None:
        return refused
    if plafond is not None and deja + mois > plafond:
        left = max(plafond - deja, 0)
        return Verdict.blocage(
            f"Les prolongations pour ce motif durent {plafond} mois en tout\u00a0; il en reste {left}.",
            source=PASS_IAE,
            remede="Choisissez un autre motif, s'il y en a un, ou arrêtez la durée à ce qui reste.",
        )  # fmt: skip
    return Verdict.ok("La prolongation est possible.", source=PASS_IAE)


def _ground(motif: MotifProlongation, age: int | None, kinds: Collection[str], rqth: bool) -> Verdict | None:
    """The refusal that strikes the ground itself; None when it stands."""
    if motif == MotifProlongation.SENIOR and (age is None or age < AGE_SENIOR):
        return Verdict.blocage(
            "Cette prolongation est ouverte à partir de 50 ans.", source=PASS_IAE, remede="Choisissez un autre motif."
        )
    if motif == MotifProlongation.CDI and (age is None or age < AGE_CDI):
        return Verdict.blocage(
            "Le CDI d'inclusion est ouvert à partir de 57 ans.", source=PASS_IAE, remede="Choisissez un autre motif."
        )
    if motif == MotifProlongation.RQTH and not rqth:
        return Verdict.blocage(
            "Aucune reconnaissance de travailleur handicapé n'a été vue.", source=PASS_IAE,
            remede="Consultez le justificatif, notez ce critère, puis prolongez.",
        )  # fmt: skip
    if motif == MotifProlongation.DIFFICULTES and not DIFFICULTES & set(kinds):
        return Verdict.blocage(
            "Les difficultés particulières ne prolongent que dans une AI ou un ACI.", source=PASS_IAE,
            remede="Choisissez un autre motif, ou vérifiez l'employeur actuel.",
        )  # fmt: skip
    return None


def mission_possible(mission: Any, statut: str | None, du: date | None, au: date | None) -> Verdict:
    """Whether an assignment may be said to follow a training: one that was done, and before it.

    `mission`: what has a `date_debut`, or None. Source: story « 12 personnes formées, 12 missions proposées ».
    """
    if mission is None:
        return Verdict.ok()
    if statut != StatutFormation.TERMINEE:
        return Verdict.blocage(
            "Une mission suit une formation terminée.", remede="Notez d'abord la fin de la formation."
        )
    first = du or au
    if first is not None and mission.date_debut < first:
        return Verdict.blocage(
            f"Cette affectation a commencé le {jour(mission.date_debut)}, avant la formation.",
            remede="Choisissez celle qui a suivi.",
        )
    return Verdict.ok()


def derniere_trace(entree: date, jours: Iterable[date | None]) -> date:
    """The last day anything was known of a person: entry, exit, work, evidence seen, follow-up."""
    return max((day for day in jours if day), default=entree)


def a_effacer_le(derniere: date, mois: int, suivi: date | None = None) -> date:
    """The day from which a person is erased: `mois` months after the last trace, never before the end of the follow-up.

    `suivi`: `fin_du_suivi`; a follow-up point is never asked for a person who is already erased.

    Source: RGPD, art. 5-1 e (storage limitation); 24 months after the last follow-up is the proposal of the portal, to
    be settled with the data protection officer of each body: a parameter.
    """
    end = add_months(derniere, mois)
    return end if suivi is None else max(end, suivi + timedelta(days=1))


def prochain_effacement(derniere: date, mois: int, on: date, suivi: date | None = None) -> Verdict:
    """What to know of the erasure of a person on a day."""
    end = a_effacer_le(derniere, mois, suivi)
    if end <= on:
        return Verdict.avertissement(
            f"Plus rien depuis le {jour(derniere)}\u00a0: cette personne est à effacer.", source="RGPD, art. 5-1 e",
            remede="Elle l'est par la purge de nuit\u00a0; ses heures restent, sans lien avec elle.",
        )  # fmt: skip
    return Verdict.information(
        f"Sans nouvelle trace, cette personne sera effacée le {jour(end)}.", source="RGPD, art. 5-1 e"
    )
