"""Rules of social clauses: calculation, pace, penalties, eligibility, checks of an hour line. Pure functions."""

from clauses.rules.bilans import (
    SMALLEST,
    Decision,
    Mouvement,
    coherence,
    en_mots,
    jour_comptable,
    masque,
    masque_ensemble,
    mouvements,
    part,
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
from clauses.rules.suivi import (
    DURABLES,
    EMPLOIS,
    SORTIE,
    PointDu,
    calendrier,
    fin_du_suivi,
    point_a_faire,
    point_possible,
    points_manques,
    situation_possible,
    sortie_possible,
)

__all__ = [
    "Allure", "CALCUL", "CCAG", "Calcul", "DURABLES", "Decision", "ELIGIBILITE_A_NOTER", "EMPLOIS", "LigneAVerifier",
    "Mouvement", "Number", "PRETEURS", "Penalite", "Periode", "PointDu", "SMALLEST", "SORTIE", "UNITE", "WIDE",
    "a_effacer_le", "allure", "calendrier", "coherence", "decision_possible", "delai_observations", "dernier_du_mois",
    "derniere_trace", "eligibilite_fin", "eligible_on", "en_mots", "etp", "fin_du_suivi", "guichet_unique",
    "heures_main_oeuvre", "heures_prevues", "jour_comptable", "masque", "masque_ensemble", "modalite_possible",
    "mois_max", "mouvements", "moyenne", "part", "penalite", "penalite_contrat", "personnes_pour", "peut",
    "point_a_faire", "point_possible", "points_manques", "premier_du_mois", "prochain_effacement",
    "prolongation_permise", "proportionnalite", "prorata", "repartition_exacte", "situation_possible", "somme_lots",
    "sortie_possible", "taux_pour", "tranche_age", "verifie_ligne",
]  # fmt: skip
