"""Rows of cross-checks and exemptions, as headers and rows for `portal.tables`."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from marches.exporters.tables import SEPARATOR
from marches.models import DispenseSociale, Lot

CROISEMENTS = (
    "Contrôle", "Acheteur", "SIRET de l'acheteur", "Marché", "Lot", "Objet du lot", "Notification", "Publication",
    "Département", "Montant HT (€)", "Réservation", "Titulaires", "Identifiants des titulaires", "Constat", "Que faire",
    "Page",
)  # fmt: skip
DISPENSES = (
    "Constatée le", "Acheteur", "SIRET de l'acheteur", "Référence", "Marché", "Nature", "Montant estimé HT (€)",
    "Motif", "Justification", "Page du marché",
)  # fmt: skip
PIECE = 500


def croisements(groups: Iterable[tuple[Any, str, QuerySet[Lot]]], base: str) -> Iterator[tuple[Any, ...]]:
    """(check, what to do, its lots) as rows, read as they are sent."""
    for croisement, faire, lots in groups:
        for lot in lots.iterator(chunk_size=PIECE):
            acheteur, holders = lot.marche.acheteur.organisation, lot.titulaires.all()
            yield (
                croisement.titre, acheteur.denomination, acheteur.identifiant, lot.marche.objet, lot.numero, lot.objet,
                lot.date_notification, lot.date_publication, lot.departement_id or "", lot.montant,
                lot.get_reservation_display(), SEPARATOR.join(row.organisation.nom for row in holders),
                SEPARATOR.join(row.organisation.identifiant for row in holders), croisement.dire(lot), faire,
                f"{base}{reverse('marches:lot_detail', kwargs={'pk': lot.pk})}",
            )  # fmt: skip


def dispenses(rows: QuerySet[DispenseSociale], base: str) -> Iterator[tuple[Any, ...]]:
    for dispense in rows.iterator(chunk_size=PIECE):
        marche = dispense.marche
        acheteur = marche.acheteur.organisation
        yield (
            dispense.constatee_le, acheteur.denomination, acheteur.identifiant, marche.reference, marche.objet,
            marche.get_nature_display(), marche.montant_estime, dispense.get_motif_display(), dispense.texte,
            f"{base}{reverse('marches:detail', kwargs={'pk': marche.pk})}",
        )  # fmt: skip
