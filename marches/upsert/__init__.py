"""Source records folded into lots, contracts, organisations; typed fields win. Used by importers and actions."""

from marches.upsert.annulation import Annulation, DejaAnnulee, annuler
from marches.upsert.contrats import join_stems, lot_racines, reindex, remove_empty
from marches.upsert.facts import refresh_holders
from marches.upsert.folding import EtatLot, canonical, fold_records, lot_key
from marches.upsert.lots import Lecture, LotUpsert
from marches.upsert.organisations import Noms, read_noms
from marches.upsert.recalcul import recalculer

__all__ = [
    "Annulation", "DejaAnnulee", "EtatLot", "Lecture", "LotUpsert", "Noms", "annuler", "canonical", "fold_records",
    "join_stems", "lot_key", "lot_racines", "read_noms", "recalculer", "refresh_holders", "reindex", "remove_empty",
]  # fmt: skip
