"""Writes that reach beyond one row: clauses, people, months of hours. `by` is the `Acteur`.

A refused transition is a `ValidationError` in French. Who may act on which row is decided before, by the querysets.
"""

from clauses.actions.clauses import add_heures_dues, create_clause, declarants
from clauses.actions.conservation import (
    consulter,
    dernieres_traces,
    effacer,
    fins_de_suivi,
    purger,
    tout_ce_qui_est_su,
)
from clauses.actions.decisions import accept, accept_all_clean, cancel, correct, refuse, renoncer
from clauses.actions.lignes import Conflit, Saisie
from clauses.actions.mois import (
    affectations_suivies,
    open_month,
    previous_month,
    rien_a_declarer,
    save_and_send,
    save_month,
    send,
)
from clauses.actions.parcours import juger_prolongation, prolonger, transferer
from clauses.actions.partage import clauses_partageables, repartir
from clauses.actions.participants import add_eligibilite, assign, create_participant, new_code, noter_profil

__all__ = [
    "Conflit", "Saisie", "accept", "accept_all_clean", "add_eligibilite", "add_heures_dues", "affectations_suivies",
    "assign", "cancel", "clauses_partageables", "consulter", "correct", "create_clause", "create_participant",
    "declarants", "dernieres_traces", "effacer", "fins_de_suivi", "juger_prolongation", "new_code", "noter_profil",
    "open_month", "previous_month", "prolonger", "purger", "refuse", "renoncer", "repartir", "rien_a_declarer",
    "save_and_send", "save_month", "send", "tout_ce_qui_est_su", "transferer",
]  # fmt: skip
