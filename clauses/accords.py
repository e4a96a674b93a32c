"""What conventions between a body and a buyer settle: read for a clause, a person or a day; nothing is written."""

from dataclasses import dataclass
from datetime import date

from clauses import parametres
from clauses.models import ClauseSociale, Convention, Facilitateur
from marches.models import Acheteur


@dataclass(frozen=True)
class ParametresClause:
    """What the parties settled, or the default of the portal: months, months, day of the following month."""

    eligibilite_mois: int
    cdi_mois: int
    jour_declaration: int
    convention: Convention | None = None


def parametres_of(clause: ClauseSociale, on: date) -> ParametresClause:
    """The parameters of a clause on the day `on`: those of the signed convention in force between its facilitator and
    its buyer, the latest begun first, else the dated defaults. One query."""
    found = conventions_for(clause.facilitateur, clause.lot.marche.acheteur).in_force(on).first()
    return regles_of(found, on)


def conventions_for(facilitateur: Facilitateur | None, acheteur: Acheteur):
    """Conventions between this body and this buyer, the latest begun first; none without a body."""
    rows = Convention.objects.filter(facilitateur=facilitateur) if facilitateur else Convention.objects.none()
    return rows.filter(parties__acheteur=acheteur).order_by("-date_debut", "-pk")


def regles_of(convention: Convention | None, on: date) -> ParametresClause:
    """What this convention settles, the defaults of the day `on` for what it leaves open."""
    names = ("eligibilite_mois", "cdi_mois", "jour_declaration")
    settled = {name: getattr(convention, name, None) or int(parametres.seuil(name, on)) for name in names}
    return ParametresClause(convention=convention, **settled)


def duree_eligibilite(facilitateur: Facilitateur, critere: str, on: date) -> int | None:
    """Months for which an eligibility on this criterion is given by default: the row of the criterion, else what the
    signed conventions of the body settle when they all agree, else the common row. One query at most.

    None: nothing can be supposed, as the evidence tells the end or the conventions differ.
    """
    own = parametres.eligibilite_mois(critere, on)
    if own is not None:
        return own or None
    agreed = durees_convenues(facilitateur, on)
    if len(agreed) > 1:
        return None
    return agreed[0] if agreed else int(parametres.seuil("eligibilite_mois", on))


def durees_convenues(facilitateur: Facilitateur, on: date) -> list[int]:
    """The durations of eligibility, in months, that the conventions of this body in force settle; each once."""
    signed = Convention.objects.in_force(on).filter(facilitateur=facilitateur).exclude(eligibilite_mois=None)
    return sorted(set(signed.values_list("eligibilite_mois", flat=True)))
