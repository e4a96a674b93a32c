"""The rows of the register as the rules see them, and what is done with the verdicts."""

from collections.abc import Iterable
from decimal import Decimal

from marches.enums import NatureContrat, Reservation, TypeMarche
from marches.models import Lot
from marches.parametres import publiques
from marches.rules.candidats import Besoin, Candidat
from marches.rules.lancement import Lancement, lancement_lot
from marches.rules.objets import type_marche, type_probable
from portal.verdict import Verdict
from structures.enums import Kind
from structures.models import Structure

INTERIM = "7962"  # CPV: services de mise à disposition de personnel
ESS = "esus"  # the label that proves it; without it, nobody knows


def besoin_of(lot: Lot) -> Besoin:
    """A lot with its contract, as the rules see it; no query when `marche` is there."""
    listed = lot.services_sociaux if lot.services_sociaux is not None else lot.marche.services_sociaux
    return Besoin(
        reservation=Reservation(lot.reservation),
        nature=NatureContrat(lot.marche.nature),
        type=type_of(lot),
        materiel=lot.materiel_a_fournir,
        interim=lot.cpv.startswith(INTERIM),
        marche_insertion=lot.marche.marche_insertion,
        services_sociaux=listed,
    )


def type_of(lot: Lot) -> TypeMarche:
    """What the lot itself buys, by its CPV code; else the type of its contract: works hold lots of cleaning.

    The type of an imported contract comes from the codes of its lots: it does not speak against the title of one.
    """
    own = type_probable(lot.cpv, lot.objet)
    if own != TypeMarche.INCONNU:
        return own
    whole = TypeMarche(lot.marche.type)
    guessed = lot.marche.cle and type_marche(lot.cpv) == TypeMarche.FOURNITURES
    return own if guessed and whole == TypeMarche.FOURNITURES else whole


def lancement_of(lot: Lot) -> Lancement:
    """When the consultation of a lot was launched, or the interval before its notification."""
    return lancement_lot(lot)


def candidat_of(structure: Structure, equivalence: str = "", siren: str | None = None) -> Candidat:
    """A structure as the rules see it; a query for its labels unless they are prefetched (`labels__label`).

    The share of its workers is that of its card: people on a path or disabled, over the whole headcount. `siren` spares
    reading its organisation.
    """
    total, meant = structure.effectif, structure.effectif_parcours
    part = Decimal(meant) * 100 / total if total and meant is not None and meant <= total else None
    labels = {held.label.code for held in structure.labels.all()}
    return Candidat(
        nom=structure.nom,
        kind=Kind(structure.kind),
        siren=siren if siren is not None else structure.organisation.siren if structure.organisation else "",
        part=part,
        equivalence=equivalence,
        convention_debut=structure.convention_debut,
        convention_fin=structure.convention_fin,
        ess=True if ESS in labels else None,
    )


def publics(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """What rests on facts that anyone may see."""
    shown = publiques()
    return [verdict for verdict in verdicts if not verdict.regle or verdict.regle in shown]


def ranger(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """The most serious first, each said once, those without a word left out."""
    said = [verdict for verdict in dict.fromkeys(verdicts) if verdict.reason and verdict.regle]
    return sorted(said, key=lambda verdict: -verdict.level.rank)
