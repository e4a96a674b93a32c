"""Columns of a contract that follow from its lots: its words, its days; and contracts left without lot."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from marches.enums import Reservation
from marches.models import Lot, Marche
from marches.models.lots import est_vraisemblable
from marches.models.marches import DE_SES_LOTS
from marches.rules.dates import jour_entier
from marches.upsert.ecriture import update
from marches.upsert.references import Secteurs
from portal.relations import pointed_at
from portal.text import sort_key, stems

MOST_STEMS = 8_000
OF_MARCHES = frozenset({Lot._meta.label})  # what imports hang on a contract: anything else there holds it


class LotIndexe(NamedTuple):
    """What the index of a contract takes of each of its lots."""

    racines: str
    date_notification: date | None
    date_publication: date | None
    montant: Decimal | None
    reservation: str
    clause_sociale: bool
    critere_social: bool

    @property
    def is_social(self) -> bool:
        """The condition `SOCIAL` of `marches.models.lots`, of a lot at hand."""
        return self.clause_sociale or self.critere_social or self.reservation != Reservation.AUCUNE


def join_stems(words: Iterable[str]) -> str:
    """Stems, each once, in the form of a `racines` column; cut when a contract of hundreds of lots has too many."""
    unique = dict.fromkeys(words)
    return f" {' '.join(list(unique)[:MOST_STEMS])} " if unique else ""


def lot_racines(objet: str, secteur: int | None, secteurs: Secteurs) -> str:
    """`racines` of a lot: its subject and the words of its sector."""
    return join_stems([*stems(objet), *secteurs.stems.get(secteur or 0, [])])


def reindex(marche_ids: Collection[int]) -> None:
    """Refresh what these contracts take of their lots, and `racines` of the lots; for actions and demo data."""
    secteurs = Secteurs()
    changed = []
    for lot in Lot.objects.filter(marche__in=marche_ids).only("objet", "secteur_id", "racines"):
        words = lot_racines(lot.objet, lot.secteur_id, secteurs)
        if lot.racines != words:
            lot.racines = words
            changed.append(lot)
    update(Lot, changed, ["racines"])
    refresh_marches(marche_ids)


def refresh_marches(marche_ids: Collection[int]) -> None:
    """Refresh the columns DE_SES_LOTS of these contracts, whose lots have up-to-date `racines`, and the order of their
    lots. Four queries."""
    if not marche_ids:
        return
    lots: dict[int, list[LotIndexe]] = defaultdict(list)
    rows = Lot.objects.filter(marche__in=marche_ids).order_by()
    for marche_id, *of_lot in rows.values_list("marche", *LotIndexe._fields):
        lots[marche_id].append(LotIndexe(*of_lot))
    changed = [
        marche
        for marche in Marche.objects.filter(pk__in=marche_ids).select_related("acheteur__organisation")
        if index_marche(marche, marche.acheteur.organisation.denomination, lots[marche.pk], lancement_of(marche))
    ]
    update(Marche, changed, [*DE_SES_LOTS])
    # Not through `update`: the order of a lot follows its neighbours, it was not itself modified.
    order = Marche.objects.filter(pk=OuterRef("marche")).order_by().values("recence")
    rows.exclude(recence=Subquery(order)).update(recence=Subquery(order))


def lancement_of(marche: Marche) -> date | None:
    """The day of its consultation: its launch, else the day offers are due."""
    return marche.date_lancement or (timezone.localdate(marche.date_limite) if marche.date_limite else None)


def index_marche(marche: Marche, acheteur: str, lots: Collection[LotIndexe], lancement: date | None = None) -> bool:
    """Set the columns of DE_SES_LOTS; whether any of them changed.

    `racines`: the stems of its subject, of its buyer's name, then of its lots. `recence`: the last notification of its
    lots; without any, their last publication, else the launch. `premiere`: their first notification.
    `montant_lots`: the sum of the amounts that may be right (€ HT), 0 when none is known.
    """
    words = [*stems(marche.objet), *stems(acheteur)]
    words += " ".join(sorted(lot.racines for lot in lots)).split()
    notified = [lot.date_notification for lot in lots if lot.date_notification]
    published = [lot.date_publication for lot in lots if lot.date_publication]
    last = max(notified, default=None) or max(published, default=None) or lancement
    known = [getattr(marche, name) for name in DE_SES_LOTS]
    marche.racines = join_stems(words)
    marche.recence, marche.premiere = jour_entier(last), jour_entier(min(notified, default=None))
    amounts = (lot.montant for lot in lots if lot.montant is not None and est_vraisemblable(lot.montant))
    marche.objet_tri, marche.montant_lots = sort_key(marche.objet)[:80], sum(amounts, Decimal(0))
    marche.social = any(lot.is_social for lot in lots)
    return [getattr(marche, name) for name in DE_SES_LOTS] != known


def remove_empty(marche_ids: Collection[int]) -> int:
    """Delete those of these contracts that have no lot left and that nobody worked on; number of contracts deleted.

    One on which a person typed, linked or decided something, or on which anything else hangs, stays without lot. The
    history of those that go stays.
    """
    empty = {marche.pk: marche for marche in Marche.objects.filter(pk__in=marche_ids, lots=None)}
    if not empty:
        return 0
    by_hand = Marche.history.filter(id__in=empty).exclude(history_user=None).values_list("id", flat=True)
    held = pointed_at(Marche, empty, OF_MARCHES) | set(by_hand)
    gone = [marche for pk, marche in empty.items() if pk not in held and not _is_typed(marche)]
    for marche in gone:
        marche.delete()
    return len(gone)


def _is_typed(marche: Marche) -> bool:
    """Whether a person typed a field, or linked this contract to another: no file writes these links."""
    return bool(marche.champs_saisis or marche.accord_cadre_id or marche.predecesseur_id or marche.operation_mere_id)
