"""Which lots make one contract: the same key, notified close enough; a guess on the whole group, never on one lot.

A group is looked at whole each time it gains a lot, so that the order of files changes nothing; a contract keeps its
row, hence its address, as long as most of its lots stay together.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from marches.models import Lot, Marche, SourceLot
from marches.rules import debuts_de_vague
from marches.upsert.ecriture import update
from marches.upsert.folding import digest
from structures.upsert.fiche import chunks

MOST_KEYS = 5_000


@dataclass
class Vague:
    """The lots (by key) of one contract, and its row once it has one."""

    groupe: str
    cle: str
    lots: list[str]
    marche: Marche | None = None

    @property
    def premier(self) -> str:
        """The lot whose words are those of the contract: the same one for any order of files."""
        return min(self.lots)


def groupes_of(marche_ids: Iterable[int]) -> set[str]:
    """The groups of these contracts."""
    return set(Marche.objects.filter(pk__in=set(marche_ids)).exclude(groupe="").values_list("groupe", flat=True))


def members(groupes: Collection[str]) -> dict[str, tuple[Lot, str]]:
    """The stored lots of these groups with their group, by key, but those that a person placed.

    Three queries by key for `MOST_KEYS` lots: asked in one, every source of the register is read.
    """
    groups = dict(Marche.objects.filter(groupe__in=groupes).order_by().values_list("pk", "groupe"))
    found = {}
    for contracts in chunks(list(groups), MOST_KEYS):
        rows = Lot.objects.filter(marche__in=contracts).exclude(cle="").order_by()
        lots = rows.only("cle", "marche_id", "date_notification", "date_publication", "champs_saisis")
        for some in chunks(list(lots), MOST_KEYS):
            said = SourceLot.objects.filter(lot__in=[lot.pk for lot in some]).order_by()
            published = set(said.values_list("lot", flat=True))  # the others are where people keep them
            found |= {lot.cle: (lot, groups[lot.marche_id]) for lot in some if lot.pk in published and not _placed(lot)}
    return found


def _placed(lot: Lot) -> bool:
    return "marche" in lot.champs_saisis


def vagues(days: Mapping[str, Mapping[str, date | None]]) -> list[Vague]:
    """The contracts of each group, given its lots and their day (notified, else published); without any, the first."""
    found = []
    for groupe, lots in sorted(days.items()):
        starts = debuts_de_vague(day for day in lots.values() if day) or [date.min]
        by_start = defaultdict(list)
        for cle, day in sorted(lots.items()):
            by_start[max((start for start in starts if day and start <= day), default=starts[0])].append(cle)
        for start in starts:
            cle = groupe if start == starts[0] else digest(groupe, start.isoformat())
            found.append(Vague(groupe, cle, by_start[start]))
    return found


def keep_rows(found: list[Vague], places: Mapping[str, int]) -> None:
    """Give each contract the row where most of its lots are (`places`: lot → row), and the row its new key."""
    rows: dict[str, dict[int, Marche]] = defaultdict(dict)
    for marche in Marche.objects.filter(groupe__in={vague.groupe for vague in found}).order_by("pk"):
        rows[marche.groupe][marche.pk] = marche
    for vague in found:
        free = rows[vague.groupe]
        votes = Counter(places[cle] for cle in vague.lots if places.get(cle) in free)
        if votes:
            vague.marche = free.pop(min(votes, key=lambda pk: (-votes[pk], pk)))
    moved = [vague for vague in found if vague.marche and vague.marche.cle != vague.cle]
    leftover = [marche.pk for free in rows.values() for marche in free.values()]
    # Two steps: a key may pass from one row to another, and no two rows may have it even for an instant.
    if freed := [*leftover, *(vague.marche.pk for vague in moved if vague.marche.cle)]:
        Marche.objects.filter(pk__in=freed).update(cle="")
    for vague in moved:
        vague.marche.cle = vague.cle
    update(Marche, [vague.marche for vague in moved], ["cle"])
