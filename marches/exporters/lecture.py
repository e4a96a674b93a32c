"""Reading a selection of lots for an export: their keys once, then a few hundred lots at a time, in flat memory."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from marches.enums import NatureContrat
from marches.models import ActeSousTraitance, Groupement, Lot, Marche, MembreGroupement, SourceLot, Titulaire
from marches.rules import decp

PIECE = 500  # lots read at once
CONCESSIONS = Q(marche__nature=NatureContrat.CONCESSION)


@dataclass(frozen=True)
class Selection:
    """Lots to write. `contrats`: whole contracts when the format groups lots, which `lots` alone would cut."""

    lots: QuerySet[Lot]
    contrats: QuerySet[Marche]
    entiers: bool = True  # the contracts come with every lot they have, not only those of `lots`

    def exceeds(self, most: int) -> bool:
        return self.lots.order_by()[most : most + 1].exists()

    def exists(self) -> bool:
        return self.lots.order_by().exists()


def keys(rows: QuerySet) -> array:
    """The keys of these rows, in order: eight bytes each, so that the rest is read by key, without a long query."""
    found = array("q")
    found.extend(rows.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=5_000))
    return found


def pieces(lots: QuerySet[Lot]) -> Iterator[list[Lot]]:
    """These lots, `PIECE` at a time, with all that an export writes of them; eight queries a piece."""
    wanted = keys(lots)
    for start in range(0, len(wanted), PIECE):
        piece = list(complete(Lot.objects.filter(pk__in=wanted[start : start + PIECE].tolist())).order_by("pk"))
        if piece:
            yield piece


def complete(lots: QuerySet[Lot]) -> QuerySet[Lot]:
    """These lots with their contract, holders, chosen group, changes, subcontracts and published records."""
    groupes = Groupement.objects.filter(retenu=True).prefetch_related(
        Prefetch("membres", MembreGroupement.objects.select_related("organisation"))
    )
    records = SourceLot.objects.filter(format=decp.FORMAT).only("lot_id", "donnees", "empreinte", "format")
    every = SourceLot.objects.only("lot_id", "format")
    return (
        lots.select_related("marche__acheteur__organisation", "marche__accord_cadre", "commune", "secteur")
        .defer("racines", "marche__racines", "marche__presentation")
        .prefetch_related(
            Prefetch("titulaires", Titulaire.objects.select_related("organisation")),
            Prefetch("groupements", groupes, to_attr="retenus"),
            "modifications",
            "decisions_reconduction",
            Prefetch("actes_sous_traitance", ActeSousTraitance.objects.select_related("sous_traitant")),
            Prefetch("sources", records, to_attr="publies"),
            Prefetch("sources", every, to_attr="toutes_sources"),
        )
    )
