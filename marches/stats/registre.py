"""Counts of the register, as plain values."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from marches.enums import Reservation
from marches.models import Lot, Marche
from marches.models.lots import SOCIAL, est_vraisemblable
from marches.rules.decp.valeurs import SUSPECT_AMOUNT

SUSPECT = SUSPECT_AMOUNT  # from here on it is a typing mistake, or stands for « unknown »: it would drown every sum


@dataclass(frozen=True)
class Chiffres:
    """Contracts, lots, reserved lots, lots with any social consideration, and the sum of plausible amounts (€ HT)."""

    marches: int
    lots: int
    reserves: int
    sociaux: int
    montant: Decimal


def chiffres(lots: QuerySet | None = None) -> Chiffres:
    """Figures of these lots, of the whole register without; one query."""
    lots = Lot.objects.published() if lots is None else lots
    reserve = ~Q(reservation=Reservation.AUCUNE)
    found = lots.order_by().aggregate(
        marches=Count("marche", distinct=True),
        lots=Count("pk"),
        reserves=Count("pk", filter=reserve),
        sociaux=Count("pk", filter=reserve | Q(clause_sociale=True) | Q(critere_social=True)),
        montant=Sum("montant", filter=Q(montant__lt=SUSPECT)),
    )
    return Chiffres(**found | {"montant": round(found["montant"] or Decimal(0), 2)})


def lots_sociaux() -> int:
    """Published lots with any social consideration, by their index; one query."""
    return Lot.objects.published().filter(SOCIAL).order_by().count()


def par_reservation(lots: QuerySet | None = None) -> dict[Reservation, int]:
    """Number of lots of each reservation, every one present; one query."""
    lots = Lot.objects.published() if lots is None else lots
    counted = dict(lots.order_by().values_list("reservation").annotate(Count("pk")))
    return {reservation: counted.get(reservation.value, 0) for reservation in Reservation}


@dataclass
class Resume:
    """What a card tells of a contract: all its lots, and how many answer the search.

    `montant`: the sum of the amounts that may be right; `douteux`: how many published ones cannot be (€ HT).
    """

    lots: int = 0
    correspondants: int | None = None  # None: nothing was asked of the lots
    montant: Decimal | None = None
    douteux: int = 0
    du: date | None = None
    au: date | None = None
    fin: date | None = None
    clause_sociale: bool = False
    critere_social: bool = False
    reservations: dict[Reservation, int] = field(default_factory=dict)
    fictif: bool = False
    reconductible: bool = False  # the lot that ends last may be renewed beyond `fin`, its firm period

    @property
    def reserves(self) -> int:
        return sum(self.reservations.values())


FIELDS = (
    "marche", "montant", "reservation", "clause_sociale", "critere_social", "date_notification", "date_fin",
    "fictif", "reconductions",
)  # fmt: skip


def resume(lots: Iterable[dict[str, Any]]) -> Resume:
    """The summary of these lots, given as the columns of `FIELDS`."""
    found = Resume()
    reserved: dict[Reservation, int] = defaultdict(int)
    for lot in lots:
        found.lots += 1
        if lot["montant"] is not None and est_vraisemblable(lot["montant"]):
            found.montant = (found.montant or Decimal(0)) + lot["montant"]
        elif lot["montant"] is not None:
            found.douteux += 1
        if day := lot["date_notification"]:
            found.du, found.au = min(found.du or day, day), max(found.au or day, day)
        if day := lot["date_fin"]:
            renewable = lot["reconductions"] > 0
            found.reconductible = (
                renewable
                if found.fin is None or day > found.fin
                else (found.reconductible or (renewable and day == found.fin))
            )
            found.fin = max(found.fin or day, day)
        found.clause_sociale |= lot["clause_sociale"]
        found.critere_social |= lot["critere_social"]
        found.fictif |= lot["fictif"]
        if lot["reservation"] != Reservation.AUCUNE:
            reserved[Reservation(lot["reservation"])] += 1
    found.reservations = dict(reserved)
    return found


def resumes(marches: Collection[Marche], lots_q: Q | None = None) -> dict[int, Resume]:
    """The summary of each contract, by id; one query, two when `lots_q` says which lots answer a search."""
    ids = [marche.pk for marche in marches]
    by_marche = defaultdict(list)
    for lot in Lot.objects.filter(marche__in=ids).order_by().values(*FIELDS):
        by_marche[lot["marche"]].append(lot)
    found = {pk: resume(by_marche[pk]) for pk in ids}
    if lots_q is not None:
        matching = Lot.objects.filter(lots_q, marche__in=ids).order_by().values_list("marche")
        counted = dict(matching.annotate(Count("pk", distinct=True)))
        for pk, summary in found.items():
            summary.correspondants = counted.get(pk, 0)
    return found


@dataclass(frozen=True)
class LigneReservation:
    """Lots of one sort in a contract: how many, and the sum of their known amounts (€ HT), None when none is."""

    libelle: str
    tone: str
    lots: int
    montant: Decimal | None
    sans_montant: int


SORTES = (
    ("Ouverts à tous", "generic", {Reservation.AUCUNE}),
    ("Réservés handicap", "handicap", {Reservation.HANDICAP}),
    ("Réservés insertion", "insertion", {Reservation.INSERTION}),
    ("Réservés handicap et insertion", "accent", {Reservation.LES_DEUX}),
    ("Autres réservations", "accent", {Reservation.PENITENTIAIRE, Reservation.ESS, Reservation.NON_PRECISEE}),
)  # fmt: skip


def synthese_reservations(lots: Iterable[Lot]) -> list[LigneReservation]:
    """How the lots of one contract are shared between everybody and those they are reserved to; sorts without lot too.

    A lot counts for what it was awarded at, else for what it was estimated at.
    """
    lots = list(lots)
    found = []
    for libelle, tone, meant in SORTES:
        amounts = [
            lot.montant if lot.montant is not None else lot.montant_estime for lot in lots if lot.reservation in meant
        ]
        known = [amount for amount in amounts if amount is not None]
        total = round(sum(known, Decimal(0)), 2) if known else None
        found.append(LigneReservation(libelle, tone, len(amounts), total, len(amounts) - len(known)))
    return found
