"""Counts and sums of this floor, as plain values: the register, and what buyers really bought."""

from marches.stats.registre import (
    FIELDS,
    SUSPECT,
    Chiffres,
    Resume,
    chiffres,
    lots_sociaux,
    par_reservation,
    resume,
    resumes,
)

__all__ = [
    "FIELDS", "SUSPECT", "Chiffres", "Resume", "chiffres", "lots_sociaux", "par_reservation", "resume", "resumes",
]  # fmt: skip
