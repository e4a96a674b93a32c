"""One way of writing a contract or a lot by hand: what was typed wins over imports, and leaves its trace."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone

from marches.actions.registre import ActionRefusee
from marches.controle import Point, de_niveau, points_de
from marches.models import Lot, Marche
from marches.upsert import reindex
from portal import etats
from portal.permissions import Acteur
from portal.verdict import Niveau

Fiche = TypeVar("Fiche", Marche, Lot)
LONGEST_REASON = 100  # characters: the column of the history
SAISIE, CREATION, RETOUR, PUBLICATION, TITULAIRES, ACTES = (
    "saisie", "creation", "retour", "publication", "titulaires", "actes",
)  # fmt: skip
# What the history of a contract and of a lot tells.
SUIVIS: dict[type[models.Model], tuple[str, ...]] = {
    Marche: (
        "objet", "reference", "nature", "type", "procedure", "techniques", "ccag", "presentation", "date_lancement",
        "date_limite", "montant_estime", "est_accord_cadre", "montant_maximum", "justification_duree",
        "prestations_distinctes", "motif_non_allotissement", "justification_non_allotissement", "lots_max_candidat",
        "lots_max_attribues", "interdit_seul_et_groupe", "interdit_plusieurs_groupes", "marche_insertion",
        "services_sociaux", "reservation_mentionnee", "pilote", "justification", "predecesseur", "operation_mere",
        "accord_cadre", "publie",
    ),
    Lot: (
        "marche", "numero", "objet", "secteur", "cpv", "commune", "departement", "lieu_code", "reservation",
        "clause_sociale", "critere_social", "criteres", "services_sociaux", "petit_lot", "materiel_a_fournir",
        "taches_essentielles", "amenagements", "montant_estime", "montant", "montant_initial", "forme_prix",
        "offres_recues", "date_notification", "date_debut", "date_fin", "duree_mois", "reconductions",
        "reconduction_mois", "reconduction_tacite", "preavis_jours", "sous_traitance_declaree",
    ),
}  # fmt: skip


def etat_of(row: Marche | Lot, names: Iterable[str]) -> dict[str, Any]:
    """What a form read of a row; « titulaires » are the SIRET of its holders, in order."""
    names = list(names)
    said = etats.etat(row, [name for name in names if name != "titulaires"])
    if "titulaires" in names:
        rows = row.titulaires.filter(organisation__type_identifiant="SIRET").order_by("rang", "pk")
        said["titulaires"] = list(rows.values_list("organisation__identifiant", flat=True))
    return said


@transaction.atomic
def write(
    row: Fiche,
    values: Mapping[str, Any],
    *,
    by: Acteur,
    reason: str = SAISIE,
    seen: Mapping[str, Any] | None = None,
    typed: Iterable[str] = (),
) -> Fiche:
    """Write `values` on a row, and on an imported one keep their names as typed fields that no import touches.

    Only values that differ are written; `typed` are names to keep without a column. `seen` is what the person had
    read: `etats.Conflit` when it is no longer what stands.
    """
    model = type(row)
    stored: Any = model._default_manager.select_for_update().get(pk=row.pk)
    if seen is not None:
        now = etat_of(stored, seen)
        found = etats.differences(model, seen, now, etats.noms_of(model, [seen, now]))
        if found:
            raise etats.Conflit(found)
    columns = dict(map(_column, values.items()))
    changed: list[str] = [name for name, value in columns.items() if getattr(stored, name) != value]
    names: set[str] = {*(name.removesuffix("_id") for name in changed), *typed}
    if not names:
        return stored
    etats.remember_imports(stored, SUIVIS[model], stored.modifie_le)
    for name in changed:
        setattr(stored, name, columns[name])
    if stored.cle:
        stored.champs_saisis = sorted({*stored.champs_saisis, *names})
    sign_and_save(stored, by, reason)
    reindex([stored.marche_id if isinstance(stored, Lot) else stored.pk])
    return stored


def _column(item: tuple[str, Any]) -> tuple[str, Any]:
    """A foreign key is compared and written by its key."""
    name, value = item
    return (f"{name}_id", value.pk) if isinstance(value, models.Model) else item


def sign_and_save(row: models.Model, by: Acteur, reason: str) -> None:
    """Save a row with its trace: who, when, why."""
    given: Any = row
    given._history_user, given._change_reason, given._history_date = by.user, reason[:LONGEST_REASON], timezone.now()
    row.save()


def constats(marche: Marche) -> frozenset[tuple[int, str]]:
    """What the law already says of a contract before something of it changes: (lot, reason); see `verifier`."""
    if not marche.publie or marche.cle:
        return frozenset()
    return frozenset(map(_constat, points_de(marche)))


def _constat(point: Point) -> tuple[int, str]:
    return point.lot.pk if point.lot else 0, point.verdict.reason


def verifier(marche: Marche, *, deja: frozenset[tuple[int, str]] = frozenset(), ou: str = "ci-dessous") -> None:
    """ActionRefusee when a contract typed and shown to everybody breaks the law of its day, or warns unanswered.

    A draft is saved as it is; what public files say of an imported contract is shown, never refused. `deja`: what was
    said before (`constats`) does not stop a fact of its execution. `ou` says where a justification is written.
    """
    if not marche.publie or marche.cle:
        return
    points = [point for point in points_de(marche) if _constat(point) not in deja]
    if blocked := de_niveau(points, Niveau.BLOCAGE):
        raise ActionRefusee(" ".join(f"{point.verdict.reason} ({point.verdict.source})" for point in blocked[:5]))
    warned = de_niveau(points, Niveau.AVERTISSEMENT)
    if warned and not marche.justification.strip():
        reasons = " ".join(point.verdict.reason for point in warned[:5])
        raise ActionRefusee(f"{reasons} Écrivez votre justification {ou}.")
