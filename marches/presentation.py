"""Rows made ready for pages: order of lots, groups in plain words, who may answer."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from marches.enums import FormeGroupement
from marches.models import Groupement, Lot, MembreGroupement, Titulaire
from marches.rules import may_answer_lot
from marches.stats import FIELDS, Resume, resume
from portal.verdict import Verdict
from structures.enums import Kind

FORMES = {
    FormeGroupement.CONJOINT: "Chaque membre s'engage sur la part qui lui revient, et sur elle seule.",
    FormeGroupement.SOLIDAIRE: "Chaque membre répond de la totalité du lot si un autre fait défaut.",
    FormeGroupement.NON_PRECISEE: "La forme du groupement n'a pas été publiée.",
}
MOST_HOLDERS = 3  # names in a table cell
FORME_SOURCE = "Code de la commande publique, R. 2142-20"


def lot_order(lot: Lot) -> tuple:
    """« 2 » before « 10 », « 3A » after « 3 », lots without number last."""
    number = re.match(r"\d+", lot.numero)
    return (not lot.numero, int(number[0]) if number else 10**6, lot.numero, lot.objet, lot.pk)


def resume_of(lots: Iterable[Lot]) -> Resume:
    return resume({name: getattr(lot, name) for name in FIELDS} for lot in lots)


@dataclass(frozen=True)
class Porteurs:
    """The holders of a lot as a table cell shows them: `montres`, then how many `autres`."""

    montres: list[Titulaire]
    autres: int = 0
    mandataire: bool = False


def porteurs(lots: Iterable[Lot]) -> dict[int, Porteurs]:
    """For each lot its holders, or of a large group the one who speaks for it; one query."""
    lots = list(lots)
    speakers = MembreGroupement.objects.filter(groupement__lot__in=lots, groupement__retenu=True, mandataire=True)
    by_lot = dict(speakers.values_list("groupement__lot", "organisation"))
    return {lot.pk: _porteurs(list(lot.titulaires.all()), by_lot.get(lot.pk)) for lot in lots}


def _porteurs(holders: list[Titulaire], speaker: int | None) -> Porteurs:
    if len(holders) <= MOST_HOLDERS:
        return Porteurs(holders)
    holders = sorted(holders, key=lambda holder: holder.organisation_id != speaker)
    return Porteurs(holders[:1], len(holders) - 1, holders[0].organisation_id == speaker)


@dataclass(frozen=True)
class GroupeVu:
    """A group and its members; `parts` and `voix` say whether any member has one."""

    groupement: Groupement
    membres: list[MembreGroupement]
    explication: str
    source: str

    @property
    def parts(self) -> bool:
        return any(membre.part is not None for membre in self.membres)

    @property
    def voix(self) -> bool:
        return any(membre.voix is not None for membre in self.membres)


def groupements(lot: Lot) -> list[GroupeVu]:
    """The groups of a lot with their members; three queries."""
    rows = lot.groupements.prefetch_related("membres__organisation", "membres__structure").order_by("-retenu", "pk")
    return [_groupe(row) for row in rows]


def _groupe(groupement: Groupement) -> GroupeVu:
    forme = FormeGroupement(groupement.forme)
    source = "" if forme == FormeGroupement.NON_PRECISEE else FORME_SOURCE
    return GroupeVu(groupement, list(groupement.membres.all()), FORMES[forme], source)


def titulaires_seuls(lot: Lot, groupes: Iterable[GroupeVu]) -> list[Titulaire]:
    """The holders that the table of the group does not already name."""
    named = {membre.organisation_id for vu in groupes if vu.groupement.retenu for membre in vu.membres}
    return [holder for holder in lot.titulaires.all() if holder.organisation_id not in named]


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
