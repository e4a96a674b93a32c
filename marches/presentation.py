"""Rows made ready for pages: order of lots, groups in plain words, who may answer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from marches.enums import FormeGroupement
from marches.models import Groupement, Lot
from marches.rules import may_answer_lot
from marches.stats import FIELDS, Resume, resume
from portal.verdict import Verdict
from structures.enums import Kind

FORMES = {
    FormeGroupement.CONJOINT: "Chaque membre s'engage sur la part qui lui revient, et sur elle seule.",
    FormeGroupement.SOLIDAIRE: "Chaque membre répond de la totalité du lot si un autre fait défaut.",
    FormeGroupement.NON_PRECISEE: "La forme du groupement n'a pas été publiée.",
}
FORME_SOURCE = "Code de la commande publique, R. 2142-20"


def lot_order(lot: Lot) -> tuple:
    """« 2 » before « 10 », « 3A » after « 3 », lots without number last."""
    number = re.match(r"\d+", lot.numero)
    return (not lot.numero, int(number[0]) if number else 10**6, lot.numero, lot.objet, lot.pk)


def resume_of(lots: Iterable[Lot]) -> Resume:
    return resume({name: getattr(lot, name) for name in FIELDS} for lot in lots)


@dataclass(frozen=True)
class GroupeVu:
    groupement: Groupement
    explication: str
    source: str = FORME_SOURCE


def groupements(lot: Lot) -> list[GroupeVu]:
    """The groups of a lot with their members; three queries."""
    rows = lot.groupements.prefetch_related("membres__organisation", "membres__structure").order_by("-retenu", "pk")
    return [GroupeVu(row, FORMES[FormeGroupement(row.forme)]) for row in rows]


@dataclass(frozen=True)
class Reponse:
    """The kinds that get the same answer."""

    verdict: Verdict
    types: list[str]


def who_may_answer(lot: Lot) -> list[Reponse]:
    """What `may_answer` says of every kind, the same answers together, from open to closed."""
    by_verdict: dict[Verdict, list[str]] = {}
    for kind in Kind:
        by_verdict.setdefault(may_answer_lot(kind, lot), []).append(kind.value)
    answers = [Reponse(verdict, kinds) for verdict, kinds in by_verdict.items()]
    return sorted(answers, key=lambda answer: answer.verdict.level.rank)
