"""What a territory can answer to a purchase, and what to ask for in the tender: the counts that the rule needs.

question = Question(secteurs=(secteur,), lieux=(lieu,))
found = potentiel(question, budget=Decimal(120_000), duree_mois=24, on=date(2026, 11, 22))
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

from portal.templatetags.formats import euros, nombre, pluriel
from structures.directory import Question, search
from structures.enums import Kind
from structures.models import Structure
from structures.parametres import seuils_potentiel
from structures.rules import FAMILLES, RESERVES, Echelon, kinds_reservables, recommander

CENT, EURO, YEAR = Decimal("0.01"), Decimal(1), 12
# Reservation → its name in a sentence and its article.
RESERVATIONS = {
    "insertion": ("à l'insertion", "L. 2113-13"),
    "handicap": ("au handicap", "L. 2113-12"),
    "les_deux": ("aux deux à la fois", "L. 2113-14"),
}


def annual_budget(budget: Decimal, duree_mois: int | None) -> Decimal:
    """What a contract of this amount brings in a year, 2 places; one of a year or less brings it all in that year."""
    years = Decimal(max(duree_mois or YEAR, YEAR)) / YEAR
    return (budget / years).quantize(CENT, ROUND_HALF_UP)


# The counts ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Somme:
    """A sum over the structures that say the figure: `connus` of them do."""

    total: int
    connus: int


@dataclass(frozen=True)
class Chiffres:
    """Mean and median of a turnover (whole € HT) over the `connus` structures that give theirs; None when none does."""

    moyenne: Decimal | None
    mediane: Decimal | None
    connus: int


@dataclass(frozen=True)
class Reservable:
    """How many structures a reservation would leave; `autorisee` by the law of the day."""

    code: str
    libelle: str
    nombre: int
    autorisee: bool
    source: str


@dataclass(frozen=True)
class Potentiel:
    """What the directory knows of an answer; amounts in € HT."""

    on: date
    total: int
    entites: int  # distinct SIREN: one body may hold several cards
    par_kind: dict[Kind, int]
    par_famille: dict[str, int]
    reservables: tuple[Reservable, ...]
    a_justifier: int  # EITI, GEIQ: only as « structures équivalentes »
    places: Somme
    effectif: Somme
    chiffre_affaires: Chiffres
    budget: Decimal | None
    duree_mois: int | None
    budget_annuel: Decimal | None
    dependance: Decimal | None
    plafond_annuel: Decimal | None  # yearly amount that keeps the dependency bearable
    echelle: list[Echelon]
    inconnus: tuple[str, ...]

    @property
    def retenu(self) -> Echelon:
        return next(rung for rung in self.echelle if rung.retenu)


def potentiel(question: Question, budget: Decimal | None, duree_mois: int | None, on: date) -> Potentiel:
    """The potential of the sectors and places of `question` for this budget, on the day `on`; two queries."""
    columns = ("kind", "capacite", "effectif", "chiffre_affaires", "organisation__siren", "pk")
    rows = list(search(Structure.objects.listed(), question).order_by().values_list(*columns))
    kinds = Counter(Kind(row[0]) for row in rows)
    turnovers = _turnovers([row[3] for row in rows if row[3]])
    places, effectif = _sum([row[1] for row in rows]), _sum([row[2] for row in rows])
    annual = annual_budget(budget, duree_mois) if budget else None
    dependance = (annual / turnovers.moyenne).quantize(Decimal("0.0001")) if annual and turnovers.moyenne else None
    seuils = seuils_potentiel(on)
    reservables = tuple(_reservable(code, kinds, on) for code in RESERVATIONS)
    return Potentiel(
        on=on,
        total=len(rows),
        entites=len({row[4] or f"pk {row[5]}" for row in rows}),
        par_kind=dict(kinds.most_common()),
        par_famille={name: sum(kinds[kind] for kind in members) for name, members in FAMILLES.items()},
        reservables=reservables,
        a_justifier=sum(kinds[kind] for kind in FAMILLES["insertion"] - RESERVES["insertion"]),
        places=places,
        effectif=effectif,
        chiffre_affaires=turnovers,
        budget=budget or None,
        duree_mois=duree_mois,
        budget_annuel=annual,
        dependance=dependance,
        plafond_annuel=(turnovers.moyenne * seuils.dependance.valeur).quantize(EURO) if turnovers.moyenne else None,
        echelle=recommander({each.code: each.nombre for each in reservables}, len(rows), dependance, seuils, on),
        inconnus=(
            *_unknown(len(rows), places, effectif, turnovers, annual, duree_mois),
            *_silent(silent(question)),
        ),
    )


def silent(question: Question) -> int:
    """Structures of the same places that say no trade at all, so that no sector finds them; one query."""
    if not question.secteurs:
        return 0
    there = search(Structure.objects.listed(), replace(question, secteurs=(), mode=""))
    return there.order_by().filter(activites__isnull=True).count()


def _reservable(code: str, kinds: Counter, on: date) -> Reservable:
    libelle, source = RESERVATIONS[code]
    meant = kinds_reservables(code, on)
    return Reservable(code, libelle, sum(kinds[kind] for kind in meant), bool(meant), source)


def _sum(values: Sequence[int | None]) -> Somme:
    known = [value for value in values if value is not None]
    return Somme(sum(known), len(known))


def _turnovers(values: Sequence[Decimal]) -> Chiffres:
    if not values:
        return Chiffres(None, None, 0)
    mean = (sum(values) / len(values)).quantize(EURO, ROUND_HALF_UP)
    return Chiffres(mean, Decimal(median(values)).quantize(EURO, ROUND_HALF_UP), len(values))


def _silent(number: int):
    if number == 1:
        yield (
            "Une autre structure du territoire ne dit pas encore son métier\u00a0: elle n'est pas comptée. "
            "Interrogez-la avant d'écarter une réservation."
        )
    elif number:
        yield (
            f"{nombre(number)} autres structures du territoire ne disent pas encore leur métier\u00a0: elles ne sont "
            "pas comptées. Interrogez-les avant d'écarter une réservation."
        )


def _unknown(total, places, effectif, turnovers, annual, duree_mois):
    """What is missing to say more, in sentences."""
    if not total:
        return
    if not turnovers.connus:
        yield (
            "Aucune de ces structures n'a donné son chiffre d'affaires\u00a0: la dépendance économique n'est pas "
            "calculée."
        )
    elif turnovers.connus < total:
        yield (
            f"Le chiffre d'affaires est connu pour {pluriel(turnovers.connus, 'structure')} sur "
            f"{nombre(total)}\u00a0: la moyenne ne vaut que pour celles-là."
        )
    if annual is None:
        yield "Sans budget, la dépendance économique n'est pas calculée\u00a0: indiquez un montant."
    elif not duree_mois:
        yield f"Sans durée, le budget ({euros(annual)}) est compté sur un an."
    if not places.connus and not effectif.connus:
        yield (
            "Ni le nombre de places ni l'effectif de ces structures ne sont connus\u00a0: demandez-les avant d'allotir."
        )
