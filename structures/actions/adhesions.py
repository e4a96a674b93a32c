"""Joining a network or a group (GES): the structure asks, they answer; the card names them only then."""

from django.db import IntegrityError, transaction
from django.db.models import Q

from portal import mail
from portal.models import User
from portal.permissions import Acteur, Role
from structures.models import Adhesion, GroupeEconomique, Reseau, Structure
from structures.search_index import reindex

REASON = "adhesion"
Cible = Reseau | GroupeEconomique
MOST_TOLD = 50  # people written to about one request


class DejaDemande(Exception):
    """Asked for before, and still waiting."""


def champ(cible: Cible) -> str:
    return "reseau" if isinstance(cible, Reseau) else "groupe"


def is_member(structure: Structure, cible: Cible) -> bool:
    if isinstance(cible, Reseau):
        return structure.reseaux.filter(pk=cible.pk).exists()
    return structure.groupe_id == cible.pk


@transaction.atomic
def demander(structure: Structure, cible: Cible, *, by: Acteur) -> Adhesion:
    """Ask, and tell those who answer; `DejaDemande` when it was done."""
    try:
        with transaction.atomic():
            demande = Adhesion.objects.create(structure=structure, par=by.user, **{champ(cible): cible})
    except IntegrityError as error:
        raise DejaDemande from error
    mail.send("adhesion_a_traiter", deciders(demande)[:MOST_TOLD], structure=structure, cible=cible)
    return demande


def deciders(demande: Adhesion):
    """Who answers: the staff of the network, the people of the other structures of the group, else administration."""
    everyone = User.objects.filter(is_active=True, membres__actif=True)
    if demande.reseau:
        mine = Q(membres__role=Role.RESEAU, membres__organisation=demande.reseau.organisation_id or 0)
    else:
        others = Structure.objects.filter(groupe=demande.groupe_id).exclude(pk=demande.structure_id)
        mine = Q(membres__role=Role.STRUCTURE, membres__organisation__in=others.values("organisation"))
    found = everyone.filter(mine).distinct().order_by("pk")
    return found if found.exists() else everyone.filter(membres__role=Role.ADMINISTRATION).distinct().order_by("pk")


@transaction.atomic
def accepter(pk: int, *, by: Acteur) -> None:
    """The structure is named among the members, and told; nothing when the request is gone."""
    demande = _taken(pk)
    if demande is None:
        return
    if demande.reseau:
        demande.structure.reseaux.add(demande.reseau)
        _sign(demande.structure, by)
    else:
        _sign(demande.structure, by, groupe=demande.groupe)
    _answer(demande, accepte=True)


@transaction.atomic
def refuser(pk: int, motif: str) -> None:
    demande = _taken(pk)
    if demande is not None:
        _answer(demande, accepte=False, motif=motif)


@transaction.atomic
def quitter(structure: Structure, cible: Cible, *, by: Acteur) -> None:
    """Leave at once: nobody is kept in a network or a group."""
    if isinstance(cible, Reseau):
        structure.reseaux.remove(cible)
        _sign(structure, by)
    elif structure.groupe_id == cible.pk:
        _sign(structure, by, groupe=None)


def _taken(pk: int) -> Adhesion | None:
    rows = Adhesion.objects.select_for_update(of=("self",)).select_related("structure", "reseau", "groupe")
    return rows.filter(pk=pk).first()


def _sign(structure: Structure, by: Acteur, **changed) -> None:
    for name, value in changed.items():
        setattr(structure, name, value)
    structure._history_user, structure._change_reason = by.user, REASON
    structure.save()
    reindex([structure.pk])


def _answer(demande: Adhesion, *, accepte: bool, motif: str = "") -> None:
    mine = {"membres__organisation": demande.structure.organisation_id or 0, "membres__role": Role.STRUCTURE}
    people = User.objects.filter(is_active=True, membres__actif=True, **mine).distinct().order_by("pk")[:MOST_TOLD]
    mail.send(
        "adhesion_reponse", people, structure=demande.structure, cible=demande.cible, accepte=accepte, motif=motif
    )
    demande.delete()
