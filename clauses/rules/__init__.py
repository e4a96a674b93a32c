"""Rules of social clauses: calculation, pace, penalties, eligibility, checks of an hour line. Pure functions."""

from clauses.rules.bilans import (
    DURABLES,
    SMALLEST,
    TERMES,
    Decision,
    Mouvement,
    coherence,
    en_mots,
    jour_comptable,
    masque,
    masque_ensemble,
    mouvements,
    part,
    points_dus,
)
from clauses.rules.calcul import (
    CALCUL,
    UNITE,
    WIDE,
    Calcul,
    Number,
    etp,
    heures_main_oeuvre,
    heures_prevues,
    moyenne,
    personnes_pour,
    proportionnalite,
    somme_lots,
    taux_pour,
)
from clauses.rules.couverture import guichet_unique
from clauses.rules.ecarts import (
    Penalite,
    decision_possible,
    delai_observations,
    penalite_contrat,
    peut,
    prorata,
    repartition_exacte,
)
from clauses.rules.lignes import (
    ELIGIBILITE_A_NOTER,
    PRETEURS,
    LigneAVerifier,
    dernier_du_mois,
    modalite_possible,
    mois_max,
    premier_du_mois,
    verifie_ligne,
)
from clauses.rules.parcours import (
    a_effacer_le,
    derniere_trace,
    prochain_effacement,
    prolongation_permise,
)
from clauses.rules.personnes import CCAG, Periode, eligibilite_fin, eligible_on, tranche_age
from clauses.rules.rythme import Allure, allure, penalite

__all__ = [
    "Allure", "CALCUL", "CCAG", "Calcul", "DURABLES", "Decision", "ELIGIBILITE_A_NOTER", "LigneAVerifier",
    "Mouvement", "Number", "PRETEURS", "Penalite", "Periode", "SMALLEST", "TERMES", "UNITE", "WIDE", "a_effacer_le",
    "allure", "coherence", "decision_possible", "delai_observations", "dernier_du_mois", "derniere_trace",
    "eligibilite_fin", "eligible_on", "en_mots", "etp", "guichet_unique", "heures_main_oeuvre", "heures_prevues",
    "jour_comptable", "masque", "masque_ensemble", "modalite_possible", "mois_max", "mouvements", "moyenne", "part",
    "penalite", "penalite_contrat", "personnes_pour", "peut", "points_dus", "premier_du_mois", "prochain_effacement",
    "prolongation_permise", "proportionnalite", "prorata", "repartition_exacte", "somme_lots", "taux_pour",
    "tranche_age", "verifie_ligne",
]  # fmt: skip
