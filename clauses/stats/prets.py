"""The 480 hours of an association intermédiaire: what each has lent of a person, to private employers and to others."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clauses.enums import Etat, Modalite
from clauses.models import Affectation, Imputation
from clauses.parametres import seuil
from clauses.rules import compteur_prets
from clauses.rules.cumuls import pret_ai
from portal.verdict import Verdict
from structures.enums import Kind
from structures.models import Organisation, Structure


@dataclass(frozen=True)
class Compteur:
    """Hours sent or accepted in the period that runs on the day; those of public employers are under no cap."""

    association: Organisation
    prives: Decimal
    publics: Decimal
    inconnues: Decimal
    plafond: Decimal
    mois: int
    verdict: Verdict


def compteurs(affectations: Iterable[Affectation], on: date) -> list[Compteur]:
    """One for each association that lends the person of these assignments; two queries, none when nobody lends."""
    lent: dict[int, list[Affectation]] = defaultdict(list)
    for affectation in affectations:
        if affectation.modalite == Modalite.MISE_A_DISPOSITION:
            lent[affectation.employeur_id].append(affectation)
    if not lent:
        return []
    cards = Structure.objects.filter(organisation__in=list(lent), kind=Kind.AI)
    associations = set(cards.values_list("organisation", flat=True))
    mine = {row.pk: row for employer in associations for row in lent[employer]}
    if not mine:
        return []
    rows = Imputation.objects.filter(ligne__affectation__in=list(mine), etat__in=[Etat.TRANSMISE, Etat.ACCEPTEE])
    latest: dict[tuple[int, int], tuple[int, date, Decimal]] = {}
    for key, etat, line, clause, day, hours in rows.values_list(
        "ligne__affectation", "etat", "ligne", "clause", "ligne__du", "heures"
    ):
        if etat == Etat.TRANSMISE or (line, clause) not in latest:  # a correction sent takes the place of the old one
            latest[line, clause] = (key, day, hours)
    found: dict[int, dict[bool | None, list]] = defaultdict(lambda: defaultdict(list))
    for key, day, hours in latest.values():
        found[mine[key].employeur_id][mine[key].utilisateur_prive].append((day, hours))
    return [_compteur(lent[employer], found[employer], on) for employer in sorted(associations)]


def _compteur(affectations: list[Affectation], lent: dict[bool | None, list], on: date) -> Compteur:
    duree, plafond = int(seuil("ai_prets_mois", on)), seuil("ai_prets_heures", on)
    prives = compteur_prets(lent[True], on, duree=duree)
    # As the check of a line counts them: unknown ones may all be private, in the same period.
    inconnues = compteur_prets([*lent[True], *lent[None]], on, duree=duree) - prives
    derogations = [row.derogation_480 for row in affectations if row.derogation_480]
    return Compteur(
        association=affectations[0].employeur,
        prives=prives,
        publics=compteur_prets(lent[False], on, duree=duree),
        inconnues=max(inconnues, Decimal(0)),
        plafond=Decimal(plafond),
        mois=duree,
        verdict=pret_ai(
            prives, max(inconnues, Decimal(0)), dernier_jour=on, derogation=max(derogations, default=None),
            plafond=plafond, alerte=seuil("ai_prets_alerte", on), duree=duree,
        ),
    )  # fmt: skip
