"""Pure rules of the register, each with its source: days, titles, who may answer, alone or grouped, what a lot and a
contract have to respect. Their dates, thresholds and severities are in `marches/data/`."""

from marches.rules.allotissement import (
    LotEstime,
    Place,
    lot_unique,
    lots_par_candidat,
    lots_par_titulaire,
    motif_admis,
    petits_lots,
    place_petits_lots,
)
from marches.rules.bases import base_legale, source_of
from marches.rules.candidats import Besoin, Candidat, repondre_seul, type_admis
from marches.rules.conditions import condition_sociale, dispense_admise
from marches.rules.dates import Periode, add_months, debuts_de_vague, fin_prevue, periodes, statut_lot
from marches.rules.execution import duree_totale, publication_des_donnees, spaser
from marches.rules.groupes import Changement, Membre, membre_eligible, repondre_ensemble
from marches.rules.lancement import Lancement, juger, lancement
from marches.rules.lots import Attribution
from marches.rules.objets import Titre, genre_probable, read_titre, skeleton, type_marche
from marches.rules.reservations import (
    A_JUSTIFIER,
    HANDICAP,
    INSERTION,
    KINDS,
    may_answer,
    may_answer_lot,
    reservation_licite,
)
from marches.rules.seuils import Valeur, lot_dispense, regime, seuil_europeen, valeur_estimee, valeur_lot
from structures.rules import PENITENTIAIRE_DEPUIS, RESERVATION_CONJOINTE_DEPUIS

__all__ = [
    "A_JUSTIFIER", "HANDICAP", "INSERTION", "KINDS", "PENITENTIAIRE_DEPUIS", "RESERVATION_CONJOINTE_DEPUIS",
    "Attribution", "Besoin", "Candidat", "Changement", "Lancement", "LotEstime", "Membre", "Periode", "Place",
    "Titre", "Valeur", "add_months", "base_legale", "condition_sociale", "debuts_de_vague", "dispense_admise",
    "duree_totale", "fin_prevue", "genre_probable", "juger", "lancement", "lot_dispense", "lot_unique",
    "lots_par_candidat", "lots_par_titulaire", "may_answer", "may_answer_lot", "membre_eligible", "motif_admis",
    "periodes", "petits_lots", "place_petits_lots", "publication_des_donnees", "read_titre", "regime",
    "repondre_ensemble", "repondre_seul", "reservation_licite", "seuil_europeen", "skeleton", "source_of", "spaser",
    "statut_lot", "type_admis", "type_marche", "valeur_estimee", "valeur_lot",
]  # fmt: skip
