"""The rules of the register applied to its rows: what the law says of a lot, a contract, a group, an operator.

Each function reads rows and calls the pure functions of `marches.rules`; the queries it costs are in its docstring. An
empty list: nothing to say. `publics` keeps what anyone may see.
"""

from marches.juridique.faits import besoin_of, candidat_of, lancement_of, publics
from marches.juridique.groupements import best_fit, membres_of, verdicts_groupement
from marches.juridique.lots import verdicts_lot, verdicts_lots
from marches.juridique.marches import (
    lancement_marche,
    lots_estimes,
    operation_of,
    place_of,
    place_utile,
    valeur_of,
    verdicts_acheteur,
    verdicts_marche,
)
from marches.juridique.reponses import attributions_ess, mot, puis_je_repondre, puis_je_repondre_ensemble

__all__ = [
    "attributions_ess", "besoin_of", "best_fit", "candidat_of", "lancement_marche", "lancement_of",
    "lots_estimes", "membres_of", "mot", "operation_of", "place_of", "place_utile", "publics",
    "puis_je_repondre", "puis_je_repondre_ensemble", "valeur_of", "verdicts_acheteur", "verdicts_groupement",
    "verdicts_lot", "verdicts_lots", "verdicts_marche",
]  # fmt: skip
