"""Columns of a contract that follow from its lots: its words, its days; and contracts left without lot."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from marches.models import Lot, Marche
from marches.rules.dates import jour_entier
from marches.upsert.ecriture import update
from marches.upsert.references import Secteurs
from portal.relations import pointed_at
from portal.text import stems

MOST_STEMS = 8_000
OF_MARCHES = frozenset({Lot._meta.label})  # what imports hang on a contract: anything else there holds it


def join_stems(words: Iterable[str]) -> str:
    """Stems, each once, in the form of a `racines` column; cut when a contract of hundreds of lots has too many."""
    unique = dict.fromkeys(words)
    return f" {' '.join(list(unique)[:MOST_STEMS])} " if unique else ""


def lot_racines(objet: str, secteur: int | None, secteurs: Secteurs) -> str:
    """`racines` of a lot: its subject and the words of its sector."""
    return join_stems([*stems(objet), *secteurs.stems.get(secteur or 0, [])])


def reindex(marche_ids: Collection[int]) -> None:
    """Refresh `racines` and `recence` of these contracts, and `racines` of their lots; for actions and demo data."""
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
    """Refresh `racines` and the days of these contracts, whose lots have up-to-date `racines`, and the order of their
    lots. Four queries."""
    if not marche_ids:
        return
    lots: dict[int, list[tuple[str, date | None, date | None]]] = defaultdict(list)
    rows = Lot.objects.filter(marche__in=marche_ids).order_by()
    columns = rows.values_list("marche", "racines", "date_notification", "date_publication")
    for marche_id, words, notified, published in columns:
        lots[marche_id].append((words, notified, published))
    changed: list[Marche] = []
    for marche in Marche.objects.filter(pk__in=marche_ids).select_related("acheteur__organisation"):
        buyer = marche.acheteur.organisation.denomination
        found = marche_index(marche.objet, buyer, lots[marche.pk], lancement_of(marche))
        if (marche.racines, marche.recence, marche.premiere) != found:
            marche.racines, marche.recence, marche.premiere = found
            changed.append(marche)
    update(Marche, changed, ["racines", "recence", "premiere"])
    # Not through `update`: the order of a lot follows its neighbours, it was not itself modified.
    order = Marche.objects.filter(pk=OuterRef("marche")).order_by().values("recence")
    rows.exclude(recence=Subquery(order)).update(recence=Subquery(order))


def lancement_of(marche: Marche) -> date | None:
    """The day of its consultation: its launch, else the day offers are due."""
    return marche.date_lancement or (timezone.localdate(marche.date_limite) if marche.date_limite else None)


def marche_index(
    objet: str,
    acheteur: str,
    lots: Collection[tuple[str, date | None, date | None]],
    lancement: date | None = None,
) -> tuple[str, int, int]:
    """`racines`, `recence` and `premiere` of a contract: its subject, its buyer's name, then of each lot its words and
    two days.

    `recence` is the last notification of its lots; without any, their last publication, else the launch. `premiere` is
    their first notification.
    """
    words = [*stems(objet), *stems(acheteur)]
    words += " ".join(sorted(of_lot for of_lot, _, _ in lots)).split()
    notified = [day for _, day, _ in lots if day]
    last = max(notified, default=None) or max((day for _, _, day in lots if day), default=None) or lancement
    return join_stems(words), jour_entier(last), jour_entier(min(notified, default=None))


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
