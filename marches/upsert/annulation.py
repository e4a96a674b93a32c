"""One import taken back: its records go, and the register says again what the others say."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from marches.models import Acheteur, ActeSousTraitance, Lot, Marche, Modification, SourceLot, SourceVue, Titulaire
from marches.rules.decp import Identite
from marches.upsert.contrats import OF_MARCHES
from marches.upsert.ecriture import update
from marches.upsert.facts import refresh_holders
from marches.upsert.folding import READERS
from marches.upsert.groupes import members
from marches.upsert.lots import LotUpsert
from portal.imports import ImportReport
from portal.models import Importation
from portal.relations import pointed_at
from structures.models import Organisation

BATCH = 2_000
SHOWN = 50  # lots named among those that stay
# What imports write of themselves: anything else that points to a lot holds it.
OF_LOTS = frozenset(model._meta.label for model in (Titulaire, Modification, ActeSousTraitance, SourceLot))


class DejaAnnulee(Exception):
    """Taken back before."""


@dataclass
class Annulation:
    """What became of what an import had said."""

    enregistrements: int = 0  # records that went
    laisses: int = 0  # records that stay, since another import holds them too
    relus: int = 0  # lots that say again what other records say
    retires: int = 0
    gardes: int = 0  # lots that no record speaks of any more, kept for what people did with them
    exemples: list[str] = field(default_factory=list)
    contrats: int = 0
    organisations: int = 0


@transaction.atomic
def annuler(importation: Importation) -> Annulation:
    """Take an import of contracts back, finished or not; DejaAnnulee the second time. At constant memory, but for ids.

    A lot of which nothing is said any more goes, unless a person typed something of it or of its contract, or something
    else hangs on either. Then bodies that only this import had named go too.
    """
    importation = Importation.objects.select_for_update().get(pk=importation.pk)
    if importation.annulee_le:
        raise DejaAnnulee
    result = Annulation(laisses=_hand_down(importation))
    SourceVue.objects.filter(importation=importation).delete()
    sourced: set[int] = set()
    groupes: set[str] = set()
    named: set[Identite] = set()
    for lots in _lots_of(importation):
        records = SourceLot.objects.filter(importation=importation, lot__in=lots)
        for format, donnees in records.values_list("format", "donnees").iterator():
            named |= READERS[format](donnees).identites
        result.enregistrements += records.count()
        _erase(SourceLot, records.values_list("pk", flat=True))
        still = set(SourceLot.objects.filter(lot__in=lots).values_list("lot", flat=True))
        sourced |= still
        groupes |= set(Marche.objects.filter(lots__in=lots).exclude(groupe="").values_list("groupe", flat=True))
        _settle(set(lots) - still, result)
    result.relus = len(sourced)
    upsert = LotUpsert(importation.format, None, ImportReport("annulation"))
    neighbours = {lot.pk for some in _pieces(sorted(groupes)) for lot, _ in members(some).values()}
    for pks in _pieces(sorted(sourced | neighbours)):
        upsert.refold(Lot.objects.filter(pk__in=pks))
    bodies = _bodies(named)
    result.organisations = _forget(bodies)
    refresh_holders(bodies)
    importation.annulee_le = timezone.now()
    importation.rapport = importation.rapport | {"annulation": asdict(result)}
    importation.save(update_fields=["annulee_le", "rapport"])
    return result


def _hand_down(importation: Importation) -> int:
    """Records that another import met too become that one's; how many."""
    vues = SourceVue.objects.filter(source__importation=importation).order_by("source", "importation")
    heirs: dict[int, SourceVue] = {}
    for vue in vues.iterator():
        heirs.setdefault(vue.source_id, vue)
    for pks in _pieces(sorted(heirs)):
        rows = [SourceLot(pk=pk, importation_id=heirs[pk].importation_id) for pk in pks]
        update(SourceLot, rows, ["importation"])
        _erase(SourceVue, [heirs[pk].pk for pk in pks])
    return len(heirs)


def _lots_of(importation: Importation) -> Iterator[list[int]]:
    """Ids of the lots it has records of, some at a time: the caller erases these records."""
    left = SourceLot.objects.filter(importation=importation).order_by("lot").values_list("lot", flat=True).distinct()
    while lots := list(left[:BATCH]):
        yield lots


def _settle(bare: Collection[int], result: Annulation) -> None:
    """Remove these lots, of which no record speaks any more, but those that people hold."""
    rows = Lot.objects.filter(pk__in=bare).select_related("marche").order_by("pk")
    lots = list(rows.only("champs_saisis", "numero", "objet", "marche__champs_saisis"))
    contracts = {lot.marche_id for lot in lots}
    held_lots = pointed_at(Lot, bare, OF_LOTS) | {lot.pk for lot in lots if lot.champs_saisis}
    held_contracts = pointed_at(Marche, contracts, OF_MARCHES)
    held_contracts |= {lot.marche_id for lot in lots if lot.marche.champs_saisis}
    kept = [lot for lot in lots if lot.pk in held_lots or lot.marche_id in held_contracts]
    result.gardes += len(kept)
    result.exemples += [str(lot)[:200] for lot in kept[: SHOWN - len(result.exemples)]]
    gone = {lot.pk for lot in lots} - {lot.pk for lot in kept}
    for model in (Titulaire, Modification, ActeSousTraitance):
        _erase(model, model._default_manager.filter(lot__in=gone).values_list("pk", flat=True))
    _erase(Lot, gone)
    result.retires += len(gone)
    empty = set(Marche.objects.filter(pk__in=contracts, lots=None).values_list("pk", flat=True))
    _erase(Marche, empty)
    result.contrats += len(empty)


def _bodies(named: Collection[Identite]) -> list[int]:
    """Ids of the bodies of these identities."""
    found: list[int] = []
    for some in _pieces(sorted(named)):
        numbers, wanted = {number for _, number in some}, set(some)
        rows = Organisation.objects.filter(type_identifiant__in={kind for kind, _ in some}, identifiant__in=numbers)
        found += [
            pk
            for pk, kind, number in rows.values_list("pk", "type_identifiant", "identifiant")
            if (kind, number) in wanted
        ]
    return found


def _forget(bodies: Collection[int]) -> int:
    """Remove the buyers and bodies among these that no row needs and that nobody wrote; how many bodies."""
    typed = set(Organisation.history.filter(id__in=bodies).values_list("id", flat=True))
    rows = Acheteur.objects.filter(organisation__in=set(bodies) - typed, achats_annuels=None, objectif_heures=None)
    buyers = set(rows.filter(spaser="").values_list("pk", flat=True))
    _erase(Acheteur, buyers - pointed_at(Acheteur, buyers))
    gone = set(bodies) - typed - pointed_at(Organisation, bodies)
    _erase(Organisation, gone)
    return len(gone)


def _erase(model: Any, pks: Collection[int]) -> None:
    """Delete these rows alone: nothing is followed, no history is written. The database refuses what is pointed at."""
    for some in _pieces(list(pks)):
        rows = model._base_manager.filter(pk__in=some)
        rows._raw_delete(rows.db)


def _pieces(items: list) -> Iterator[list]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
