"""Pure rules of the register, each with its source: days, published titles, who may answer, official records."""

from marches.rules.dates import Periode, add_months, debuts_de_vague, fin_prevue, periodes, statut_lot
from marches.rules.objets import Titre, genre_probable, read_titre, skeleton, type_marche
from marches.rules.reservations import (
    A_JUSTIFIER,
    HANDICAP,
    INSERTION,
    KINDS,
    PENITENTIAIRE_DEPUIS,
    RESERVATION_CONJOINTE_DEPUIS,
    may_answer,
    may_answer_lot,
)

__all__ = [
    "A_JUSTIFIER", "HANDICAP", "INSERTION", "KINDS", "PENITENTIAIRE_DEPUIS", "Periode",
    "RESERVATION_CONJOINTE_DEPUIS", "Titre", "add_months", "debuts_de_vague", "fin_prevue", "genre_probable",
    "may_answer", "may_answer_lot", "periodes", "read_titre", "skeleton", "statut_lot", "type_marche",
]  # fmt: skip
