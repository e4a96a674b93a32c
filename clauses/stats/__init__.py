"""Counts of clauses, hours and people, as plain values."""

from clauses.stats.bilans import Perimetre, chiffres
from clauses.stats.heures import (
    Totaux,
    clauses_count,
    hours_accepted_total,
    nombre_personnes,
    totaux,
)

__all__ = [
    "Perimetre", "Totaux", "chiffres", "clauses_count", "hours_accepted_total", "nombre_personnes",
    "totaux",
]  # fmt: skip
