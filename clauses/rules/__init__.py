"""Rules of social clauses: calculation, pace, penalties, eligibility, checks of an hour line. Pure functions."""

from clauses.rules.bilans import (
    Decision,
    Mouvement,
    en_mots,
    jour_comptable,
    mouvements,
    part,
    signature_possible,
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
from clauses.rules.cloture import Reste, annonce, avant_de_clore, cloture_possible
from clauses.rules.concordance import coherences
from clauses.rules.consolidation import coherence_annee
from clauses.rules.couverture import guichet_unique
from clauses.rules.cumuls import AutreLigne, compteur_prets, declaree_ailleurs, pret_ai
from clauses.rules.declarations import echeance, en_retard
from clauses.rules.ecarts import (
    Penalite,
    Suite,
    avec_suite,
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
    Plafonds,
    Prets,
    a_relire,
    dernier_du_mois,
    jours_max,
    modalite_possible,
    mois_max,
    premier_du_mois,
    verifie_ligne,
)
from clauses.rules.parcours import (
    a_effacer_le,
    derniere_trace,
    mission_possible,
    prochain_effacement,
    prolongation_permise,
)
from clauses.rules.partage import ClausePartagee, mutualisation_possible
from clauses.rules.personnes import CCAG, Periode, eligibilite_fin, eligible_on, tranche_age
from clauses.rules.rythme import Allure, allure, penalite
from clauses.rules.secret import SMALLEST, masque, masque_croise, masque_ensemble, masque_sommes, personnes_publiables
from clauses.rules.statuts import alternance, cdi_limite, travail_independant, usager_esat
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
    "Allure", "AutreLigne", "CALCUL", "CCAG", "Calcul", "ClausePartagee", "DURABLES", "Decision",
    "ELIGIBILITE_A_NOTER", "EMPLOIS", "LigneAVerifier", "Mouvement", "Number", "PRETEURS", "Penalite", "Periode",
    "Plafonds", "PointDu", "Prets", "Reste", "SMALLEST", "SORTIE", "Suite", "UNITE", "WIDE", "a_effacer_le", "a_relire",
    "allure",
    "alternance", "annonce", "avant_de_clore", "avec_suite", "calendrier", "cdi_limite", "cloture_possible",
    "coherence_annee", "coherences", "compteur_prets",
    "decision_possible", "declaree_ailleurs", "delai_observations", "dernier_du_mois",
    "derniere_trace", "echeance", "eligibilite_fin", "eligible_on", "en_mots", "en_retard", "etp", "fin_du_suivi",
    "guichet_unique", "heures_main_oeuvre", "heures_prevues", "jour_comptable", "jours_max", "masque",
    "masque_croise", "masque_ensemble", "masque_sommes", "mission_possible", "modalite_possible", "mois_max",
    "mouvements", "moyenne", "mutualisation_possible", "part", "penalite", "penalite_contrat",
    "personnes_pour", "personnes_publiables", "peut",
    "point_a_faire", "point_possible", "points_manques",
    "premier_du_mois", "pret_ai", "prochain_effacement", "prolongation_permise", "proportionnalite", "prorata",
    "repartition_exacte", "signature_possible", "situation_possible", "somme_lots", "sortie_possible", "taux_pour",
    "tranche_age", "travail_independant", "usager_esat", "verifie_ligne",
]  # fmt: skip
