"""Lots as a table, a row each: headers and rows for `portal.tables`; and what an official file would leave out."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from marches.echeances import calendrier_of
from marches.enums import Reservation
from marches.exporters.essentielles import holders, lignes
from marches.exporters.lecture import Selection, pieces
from marches.models import Lot
from marches.rules import statut_lot
from marches.rules.conformite import en_clair

SEPARATOR = " | "
LOTS = (
    "Acheteur", "SIRET de l'acheteur", "Référence du marché", "Marché", "Nature", "Type", "Procédure",
    "Identifiant publié", "Lot", "Objet du lot", "Code CPV", "Secteur", "Code du lieu", "Type de code du lieu",
    "Commune", "Département", "Lancement", "Notification", "Publication des données", "Début", "Fin", "Durée (mois)",
    "Reconductions", "Statut", "Montant HT (€)", "Montant initial HT (€)", "Offres reçues", "Réservation",
    "Clause sociale", "Critère social", "Critères d'attribution", "Groupement", "Titulaires",
    "Identifiants des titulaires", "Modifications", "Sous-traitants", "Donnée de démonstration", "Page du lot",
)  # fmt: skip
CONTROLE = (
    "État", "Acheteur", "Identifiant publié", "Objet", "Ce qui empêche de l'écrire", "Ce qui est écrit autrement",
    "Page du lot",
)  # fmt: skip
ECARTE, ADAPTE = "écarté", "adapté"


def lots(rows: QuerySet[Lot], on: date, base: str) -> Iterator[tuple[Any, ...]]:
    """These lots, read as they are sent. `base`: the address before « /marches/lots/12/ »."""
    for piece in pieces(rows):
        for lot in piece:
            marche, acheteur = lot.marche, lot.marche.acheteur.organisation
            members = holders(lot)
            statut = statut_lot(lot, on, calendrier_of(lot, on).fin)
            forme = lot.retenus[0].get_forme_display() if lot.retenus else lot.forme_groupement
            yield (
                acheteur.denomination, acheteur.identifiant, marche.reference, marche.objet,
                marche.get_nature_display(), marche.get_type_display(), marche.procedure, lot.identifiant, lot.numero,
                lot.objet, lot.cpv, lot.secteur.nom if lot.secteur else "", lot.lieu_code, lot.lieu_type,
                lot.commune.nom if lot.commune else "", lot.departement_id or "", marche.date_lancement,
                lot.date_notification, lot.date_publication, lot.date_debut, lot.date_fin, lot.duree_mois,
                lot.reconductions, statut.label, lot.montant, lot.montant_initial, lot.offres_recues,
                Reservation(lot.reservation).label, lot.clause_sociale, lot.critere_social,
                SEPARATOR.join(lot.grille.lignes) if lot.criteres else "", forme,
                SEPARATOR.join(body.nom for body in members), SEPARATOR.join(body.identifiant for body in members),
                len(lot.modifications.all()),
                SEPARATOR.join(acte.sous_traitant.nom for acte in lot.actes_sous_traitance.all()), lot.fictif,
                f"{base}{reverse('marches:lot_detail', kwargs={'pk': lot.pk})}",
            )  # fmt: skip


def controle(selection: Selection, on: date, base: str) -> Iterator[tuple[Any, ...]]:
    """The lots that an official file leaves out or writes otherwise than they are, with the reasons."""
    for ligne in lignes(selection.lots, on):
        fiche, lot = ligne.fiche, ligne.lot
        if fiche.refus or fiche.notes:
            yield (
                ECARTE if fiche.refus else ADAPTE, lot.marche.acheteur.organisation.identifiant, lot.identifiant,
                lot.objet_publie or lot.objet, " ; ".join(map(en_clair, fiche.refus)),
                " ; ".join(map(en_clair, fiche.notes)),
                f"{base}{reverse('marches:lot_detail', kwargs={'pk': lot.pk})}",
            )  # fmt: skip
