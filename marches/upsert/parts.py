"""Holders, modifications and subcontracts of lots, as their records say; what a person typed stays."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import models

from marches.models import ActeSousTraitance, Lot, Modification, Titulaire
from marches.rules.decp import Identite
from marches.upsert.ecriture import pour, update
from marches.upsert.folding import EtatLot
from structures.models import Organisation

Rows = dict[int, dict[tuple, dict[str, Any]]]  # lot id → key → columns


def write_parts(
    states: Mapping[str, EtatLot],
    lots: Mapping[str, Lot],
    organisations: Mapping[Identite, Organisation],
    new: Collection[int],
) -> set[int]:
    """Make the parts of these lots those of their states; `new` are lots that have none yet.

    The organisations that hold one of them no more.
    """
    titulaires: Rows = {}
    modifications: Rows = {}
    actes: Rows = {}
    for cle, state in states.items():
        lot = lots[cle]
        typed = set(lot.champs_saisis)
        if "titulaires" not in typed:
            titulaires[lot.pk] = {
                (organisations[identity].pk,): {"rang": rank} for rank, identity in enumerate(state.titulaires)
            }
        if "modifications" not in typed:
            modifications[lot.pk] = {
                part.cle: {
                    "date_publication": part.date_publication,
                    "duree_mois": part.duree_mois,
                    "montant": part.montant,
                    "objet": part.objet,
                    "titulaires": [list(identity) for identity in part.titulaires],
                }
                for part in state.modifications
            }
        if "actes_sous_traitance" not in typed:
            actes[lot.pk] = {
                (acte.numero, organisations[acte.sous_traitant].pk): {
                    "date_notification": acte.date_notification,
                    "date_publication": acte.date_publication,
                    "duree_mois": acte.duree_mois,
                    "montant": acte.montant,
                    "variation_prix": acte.variation_prix,
                }
                for acte in state.actes
            }
    left = {row.organisation_id for row in _sync(Titulaire, titulaires, ("organisation_id",), new)}
    _sync(Modification, modifications, ("numero", "date_notification"), new)
    _sync(ActeSousTraitance, actes, ("numero", "sous_traitant_id"), new)
    return left


def _sync(model: type[models.Model], wanted: Rows, key: Iterable[str], new: Collection[int]) -> list:
    """Make the rows of each lot those of `wanted`, keeping the ids of those that stay. The rows that went."""
    key = tuple(key)
    changed, gone, seen = [], [], set()
    known = wanted.keys() - set(new)
    for row in model._default_manager.filter(lot__in=known) if known else ():
        identity = tuple(getattr(row, name) for name in key)
        if getattr(row, "saisie", False):  # a person added or corrected it: no file touches it
            seen.add((row.lot_id, identity))
            continue
        values = wanted[row.lot_id].get(identity)
        if values is None or (row.lot_id, identity) in seen:
            gone.append(row)
            continue
        seen.add((row.lot_id, identity))
        if any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
    if gone:
        model._default_manager.filter(pk__in=[row.pk for row in gone]).delete()
    if changed:
        update(model, changed, next(iter(next(rows for rows in wanted.values() if rows).values())).keys())
    made = [
        (lot_id, *identity, *values.values())
        for lot_id, rows in wanted.items()
        for identity, values in rows.items()
        if (lot_id, identity) not in seen
    ]
    if made:
        columns = next(iter(next(rows for rows in wanted.values() if rows).values()))
        pour(model, ["lot_id", *key, *columns], made)
    return gone
