"""Writes that reach beyond one row: clauses, people, months of hours. `by` is the `Acteur`.

A refused transition is a `ValidationError` in French. Who may act on which row is decided before, by the querysets.
"""

from clauses.actions.clauses import add_heures_dues, create_clause, declarants
from clauses.actions.heures import (
    Conflit,
    Saisie,
    accept,
    accept_all_clean,
    cancel,
    correct,
    open_month,
    previous_month,
    refuse,
    save_and_send,
    save_month,
    send,
)
from clauses.actions.participants import add_eligibilite, assign, create_participant, new_code

__all__ = [
    "Conflit", "Saisie", "accept", "accept_all_clean", "add_eligibilite", "add_heures_dues", "assign", "cancel",
    "correct", "create_clause", "create_participant", "declarants", "new_code", "open_month", "previous_month",
    "refuse", "save_and_send", "save_month", "send",
]  # fmt: skip
