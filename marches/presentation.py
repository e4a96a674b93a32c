"""Rows made ready for pages: order of lots, groups in plain words, who may answer."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.text import Truncator

from marches import juridique
from marches.echeances import calendrier_of
from marches.enums import FormeGroupement, Reservation, StatutLot
from marches.models import Groupement, Lot, MembreGroupement, Titulaire
from marches.rules import Candidat, may_answer, may_answer_lot, statut_lot
from marches.stats import FIELDS, Resume, resume
from portal.permissions import Acteur
from portal.verdict import Niveau, Verdict, worst
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
    def montants(self) -> bool:
        return any(membre.montant is not None for membre in self.membres)

    @property
    def voix(self) -> bool:
        return any(membre.voix is not None for membre in self.membres)

    @property
    def postes(self) -> bool:
        return any(membre.postes for membre in self.membres)

    @property
    def capacite(self) -> int | None:
        """Places and jobs of the members together, when any says so: capacities are judged as a whole (R. 2142-25)."""
        known = [membre.structure.capacite for membre in self.membres if membre.structure and membre.structure.capacite]
        return sum(known) if known else None

    @property
    def effectif(self) -> int | None:
        known = [membre.structure.effectif for membre in self.membres if membre.structure and membre.structure.effectif]
        return sum(known) if known else None


def groupements(lot: Lot, acteur: Acteur) -> list[GroupeVu]:
    """The groups of a lot that this `Acteur` sees, the one that won first; three queries."""
    rows = Groupement.objects.visible_to(acteur).filter(lot=lot.pk).with_membres().order_by("-retenu", "pk")
    return [groupe_vu(row) for row in rows]


def groupe_vu(groupement: Groupement) -> GroupeVu:
    """A group as pages show it; no query for one read `with_membres`."""
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


@dataclass(frozen=True)
class ReponseGroupe:
    """Whether a group of these kinds may answer a reserved lot as it is: every member has to be meant by it."""

    libelle: str
    verdict: Verdict

    @property
    def mot(self) -> str:
        return MOTS.get(self.verdict.level, "sous condition")


MOTS = {Niveau.OK: "oui", Niveau.BLOCAGE: "non"}


@dataclass(frozen=True)
class Examen:
    """What the law says to one operator, or to several as a group: in a word, then point by point."""

    noms: str
    mot: str
    verdicts: list[Verdict]

    @classmethod
    def of(cls, candidats: Iterable[Candidat], verdicts: list[Verdict]) -> "Examen":
        return cls(", ".join(each.appellation for each in candidats), juridique.mot(verdicts), verdicts)

    @property
    def niveau(self) -> str:
        """Colour of the word, which always goes with it."""
        return {"oui": "ok", "non": "blocage", "sous condition": "avertissement"}.get(self.mot, "information")


def group_may_answer(kinds: Collection[str], on: date) -> list[ReponseGroupe]:
    """By the law of the day, what a group where all these kinds carry out a part may answer; the weakest decides.

    Sources: Code de la commande publique, L. 2113-12 to L. 2113-14 for each kind. That every member of the group must
    be eligible is no article but the working rule of the ministry (sheet of 23/09/2011 on reserved contracts).
    """
    found = []
    for reservation in (Reservation.HANDICAP, Reservation.INSERTION, Reservation.LES_DEUX):
        by_kind = {kind: may_answer(Kind(kind), reservation, on) for kind in sorted(kinds)}
        verdict = worst(by_kind.values())
        excluded = [kind for kind, said in by_kind.items() if said.is_blocking]
        if excluded and len(excluded) == len(by_kind):
            verdict = Verdict.blocage("Aucun de ses types n'y a accès.", source=verdict.source)
        elif excluded:
            verdict = Verdict.blocage(
                f"Pas au complet\u00a0: les {' et '.join(excluded)} n'y ont pas accès.",
                source=f"{verdict.source}\u00a0; chaque membre compte d'après la doctrine (fiche DAJ du 23/09/2011)",
                remede="Les autres membres peuvent répondre entre eux\u00a0; choisissez les membres lot par lot.",
            )
        elif verdict.is_ok:
            verdict = Verdict.ok("Tous les types réunis y ont accès.", source=verdict.source, remede=verdict.remede)
        found.append(ReponseGroupe(str(reservation.label), verdict))
    return found


# What a structure holds or held -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reference:
    """A lot that the register says an organisation holds: « A tenu le lot 3 du marché … », « 2024-2026 »."""

    lot: Lot
    verbe: str
    annees: str
    place: str
    statut: StatutLot
    taches: str = ""

    @property
    def quoi(self) -> str:
        return lot_en_mots(self.lot)


VERBES = {
    StatutLot.TERMINE: "A tenu",
    StatutLot.EN_COURS: "Tient",
    StatutLot.ATTRIBUE: "Va tenir",
    StatutLot.EN_PREPARATION: "Est retenue pour",
    StatutLot.EN_CONSULTATION: "Figure comme titulaire pour",
    StatutLot.EN_ATTENTE: "Figure comme titulaire pour",
    StatutLot.RESULTAT: "Est retenue pour",
    StatutLot.SANS_DATE: "Figure comme titulaire pour",
}


def reference(lot: Lot, on: date) -> Reference:
    """A lot annotated with `nombre` (holders), `membre`, `pilote` and `taches` of the one organisation asked about."""
    fin = calendrier_of(lot, on).fin
    statut = statut_lot(lot, on, fin)
    debut = lot.date_debut or lot.date_notification
    if lot.membre:
        place = "mandataire d'un groupement" if lot.pilote else "membre d'un groupement"
    else:
        place = "avec d'autres titulaires" if lot.nombre > 1 else "seule titulaire"
    return Reference(lot, VERBES[statut], _annees(debut, fin), place, statut, lot.taches or "")


def lot_en_mots(lot: Lot) -> str:
    """« le lot 3 du marché « École » », « le marché « École » » when it has no number."""
    titre = Truncator(lot.marche.objet).chars(90)
    if lot.numero:
        return f"le lot {lot.numero} du marché «\u00a0{titre}\u00a0»"
    return f"le marché «\u00a0{titre}\u00a0»"


def _annees(debut: date | None, fin: date | None) -> str:
    if debut and fin:
        return str(debut.year) if debut.year == fin.year else f"{debut.year}-{fin.year}"
    if debut:
        return f"depuis {debut.year}, fin non publiée"
    return f"jusqu'en {fin.year}" if fin else ""
