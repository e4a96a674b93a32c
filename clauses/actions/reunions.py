"""Who takes part in a clause: its holder invited; meetings noted, tasks done."""

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from clauses.actions.clauses import declarants
from clauses.models import ClauseSociale, Reunion, Tache
from portal.permissions import Acteur, Role
from structures.actions.equipe import invite
from structures.models import Invitation, Membre, Organisation


def inviter(clause: ClauseSociale, *, organisation: Organisation, courriel: str, by: Acteur) -> Invitation:
    """Ask somebody of the holder to declare; its own team invites the next ones."""
    if not declarants(clause).filter(pk=organisation.pk).exists():
        raise ValidationError("Cette organisation n'est ni titulaire ni membre du groupement de ce lot.")
    if Membre.objects.active().filter(organisation=organisation, role__in=(Role.ENTREPRISE, Role.STRUCTURE)).exists():
        raise ValidationError(
            "Cette organisation a déjà un compte\u00a0: ses membres invitent eux-mêmes leurs collègues."
        )
    motif = (
        f"déclarer chaque mois les heures d'insertion du marché «\u00a0{clause.lot.marche}\u00a0» "
        f"({clause.lot.marche.acheteur})"
    )
    return invite(courriel=courriel, by=by, organisation=organisation, role=Role.ENTREPRISE, motif=motif)


@transaction.atomic
def noter_reunion(
    clause: ClauseSociale, *, by: Acteur, taches: Iterable[str] = (), echeance: date | None = None, **fields
):
    """A meeting, and what it decided to do: one task a line, all for the same day."""
    reunion = Reunion.objects.create(clause=clause, par=by.user, **fields)
    Tache.objects.bulk_create(
        Tache(clause=clause, intitule=intitule, echeance=echeance, par=by.user) for intitule in taches
    )
    return reunion


def terminer(tache: Tache, *, on: date) -> None:
    """Done, or to do again when it already was."""
    tache.faite_le = None if tache.faite_le else on
    tache.save(update_fields=["faite_le"])
