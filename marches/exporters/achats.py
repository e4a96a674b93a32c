"""Purchases out: lines, summary, OETH sheet, as headers and rows for `portal.tables`."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from marches.models import AchatRealise
from structures.enums import Kind

LIGNES = (
    "Année", "SIRET du fournisseur", "Fournisseur", "Montant HT (€)", "Catégorie", "Service", "Rapprochement",
    "Type", "Structure de l'annuaire", "Secteur", "Siège en QPV", "Fichier", "Ligne",
)  # fmt: skip
SYNTHESE = ("Vue", "Libellé", "Montant HT total (€)", "Dont structures inclusives (€)", "Part inclusive (%)")
OETH = (
    "Année", "SIRET du fournisseur", "Fournisseur", "Type", "Achats HT (€)", "Coût de main-d'œuvre attesté (€)",
    "Montant déductible avant plafond (€)", "À savoir",
)  # fmt: skip


def lignes(achats: QuerySet[AchatRealise]) -> Iterator[tuple]:
    """The lines, read as they are sent."""
    rows = achats.order_by("annee", "fichier", "ligne").values_list(
        "annee", "siret_fournisseur", "fournisseur", "montant", "categorie", "entite", "structure", "kind",
        "structure__nom", "secteur__nom", "qpv", "fichier__nom", "ligne",
    )  # fmt: skip
    for *first, structure, kind, nom, secteur, qpv, fichier, ligne in rows.iterator(chunk_size=2000):
        known = "oui" if kind else "autre établissement" if structure else ""
        yield (*first, known, kind, nom, secteur, qpv, fichier, ligne)


def synthese(found) -> Iterator[tuple[Any, ...]]:
    """The figures of a `marches.stats.achats.Synthese`, one view after the other."""
    yield _part("Ensemble", "Sélection", found.ensemble)
    for year, part in sorted(found.annees.items()):
        yield _part("Année", str(year), part)
    for label, montant in found.familles:
        yield ("Famille", label, None, montant, None)
    for kind, montant in found.kinds:
        yield ("Type", Kind(kind).label, None, montant, None)
    for view, rows in (("Secteur", found.secteurs), ("QPV", found.qpv)):
        for label, montant in rows:
            yield (view, label, None, montant, None)
    for view, parts in (("Service", found.entites), ("Catégorie", found.categories)):
        for label, part in parts:
            yield _part(view, label, part)
    for supplier in found.fournisseurs:
        label = f"{supplier['nom'] or supplier['siret_fournisseur']} ({supplier['kind']})"
        yield ("Fournisseur", label, None, supplier["montant"], None)


def _part(view: str, label: str, part) -> tuple[Any, ...]:
    share = None if part.part is None else round(part.part * 100, 2)
    return (view, label, part.total, part.inclusif, share)


def oeth(etat) -> Iterator[tuple[Any, ...]]:
    """One row per supplier of a `marches.stats.achats.EtatOeth`; what is not known stays empty."""
    for ligne in etat.lignes:
        note = ligne.eligibilite if not ligne.eligibilite.is_ok else ligne.coherence
        yield (
            etat.annee, ligne.siret, ligne.nom, ligne.kind.label, ligne.montant, ligne.cout, ligne.deductible,
            note.reason,
        )  # fmt: skip
