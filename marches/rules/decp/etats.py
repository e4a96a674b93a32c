"""The states of a lot as flat tables write them: a row for each holder, a new set of rows after each modification."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from marches.rules.decp.types import Enregistrement, ModificationLue


def rassembler(lus: Sequence[Enregistrement]) -> list[Enregistrement]:
    """The records of one lot, in order, where the rows of one state make one record.

    Among dated states the first is the contract, and those notified later are its modifications. Where the lot has
    whole records too, which tell their modifications by themselves, the states only fill what these leave out: they
    come first, without modifications. Rows in any order give the same.
    """
    rows: dict[str, list[Enregistrement]] = {}
    last: dict[str, int] = {}
    for index, lu in enumerate(lus):
        if lu.etat:
            rows.setdefault(lu.etat, []).append(lu)
            last[lu.etat] = index
    if not rows:
        return list(lus)
    etats = {etat: _ensemble(of_state) for etat, of_state in rows.items()}
    whole = [(index, lu) for index, lu in enumerate(lus) if not lu.etat]
    whole += [(last[etat], lu) for etat, lu in etats.items() if not lu.instantane]
    found = [lu for _, lu in sorted(whole, key=lambda pair: pair[0])]
    dated = [lu for lu in etats.values() if lu.instantane]
    if dated:
        first = _succession(dated)
        found.insert(0, replace(first, modifications=[]) if found else first)
    return found


def _ensemble(rows: Iterable[Enregistrement]) -> Enregistrement:
    """One record out of the rows of one state: their holders together, in the order of their identifiers."""
    rows = list(rows)
    holders = {identity for lu in rows for identity in lu.titulaires}
    return replace(rows[0], titulaires=tuple(sorted(holders)))


def _succession(etats: list[Enregistrement]) -> Enregistrement:
    """The first state with the later ones as its modifications, which tell what changed; one for each day.

    Of several states notified on one day, the largest amount is kept with all the holders: nothing tells which came
    last.
    """
    by_day: dict[date, list[Enregistrement]] = {}
    for lu in sorted(etats, key=_order):
        by_day.setdefault(lu.date_notification or date.min, []).append(lu)
    days = [replace(of_day[-1], titulaires=_ensemble(of_day).titulaires) for of_day in by_day.values()]
    first, modifications = days[0], []
    for before, after in zip(days, days[1:], strict=False):
        modifications.append(
            ModificationLue(
                numero="",
                date_notification=after.date_notification,
                date_publication=after.date_publication,
                duree_mois=after.duree_mois if after.duree_mois != before.duree_mois else None,
                montant=after.montant if after.montant != before.montant else None,
                titulaires=after.titulaires if after.titulaires != before.titulaires else (),
            )
        )
    return replace(first, modifications=[*first.modifications, *modifications])


def _order(lu: Enregistrement) -> tuple:
    montant = lu.montant if lu.montant is not None else Decimal(-1)
    return lu.date_notification or date.min, lu.date_publication or date.min, montant, lu.etat
