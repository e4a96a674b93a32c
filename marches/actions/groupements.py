"""Groups of bidders: prepared, made out of an alliance, chosen, changed; their history says who did it."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from marches.actions.registre import ActionRefusee
from marches.enums import FormeGroupement
from marches.models import Alliance, ChangementGroupement, Groupement, Lot, MembreGroupement, Titulaire
from marches.notifications.groupements import tell_members
from marches.upsert import refresh_holders
from portal.permissions import Acteur, Role

TYPED = ("mandataire", "part", "montant", "voix", "taches", "postes", "statut", "equivalence")


@transaction.atomic
def save_groupement(*, groupement: Groupement, form, rows: list[dict[str, Any]], by: Acteur) -> Groupement:
    """A group with its members; those that others named are told. The holders of the lot follow a group that won."""
    is_new = groupement.pk is None
    groupement = form.save(commit=False)
    if is_new:
        groupement.retenu = by.has(Role.ACHETEUR, Role.ADMINISTRATION)
        groupement.cree_par = by.organisation
        if groupement.retenu:
            _refuse_second(groupement.lot)
        else:
            _refuse_awarded(groupement.lot)
    _sign(groupement, by, "saisie")
    groupement.save()
    arrived = _write_members(groupement, rows)
    if groupement.retenu:
        _hold(groupement, by)
    tell_members(groupement, [membre for membre in arrived if membre.organisation_id != by.organisation_id], by)
    return groupement


@transaction.atomic
def from_alliance(*, alliance: Alliance, lot: Lot, forme: str, by: Acteur) -> Groupement:
    """The alliance as a candidate group on a lot, in one action: its members, its pilot as spokesperson.

    Members without an organisation cannot bid and stay out; ActionRefusee when fewer than two are left, when the one
    who asks is not among them, or when the lot is awarded.
    """
    _refuse_awarded(lot)
    members = list(
        alliance.membres.exclude(structure__organisation=None)
        .select_related("structure__organisation")
        .order_by("-pilote", "rang", "pk")
    )
    by_organisation = {membre.structure.organisation_id: membre for membre in reversed(members)}
    members = [membre for membre in members if by_organisation[membre.structure.organisation_id] is membre]
    if len(members) < 2:
        raise ActionRefusee("Cette alliance n'a pas deux membres qui ont un SIRET\u00a0: complétez-la d'abord.")
    if not by.has(Role.ADMINISTRATION) and by.organisation_id not in by_organisation:
        raise ActionRefusee("Seul un membre de l'alliance peut la faire répondre à un lot.")
    groupement = Groupement(
        lot=lot, nom=alliance.nom, forme=FormeGroupement(forme), gouvernance=alliance.gouvernance, alliance=alliance,
        retenu=False, cree_par=by.organisation,
    )  # fmt: skip
    _sign(groupement, by, "alliance")
    groupement.full_clean(exclude=["cree_par"])
    groupement.save()
    places = [
        MembreGroupement(
            groupement=groupement, organisation=membre.structure.organisation, structure=membre.structure,
            mandataire=rank == 0, taches=membre.apport, rang=rank,
        )
        for rank, membre in enumerate(members)
    ]  # fmt: skip
    MembreGroupement.objects.bulk_create(places)
    tell_members(groupement, [place for place in places if place.organisation_id != by.organisation_id], by)
    return groupement


@transaction.atomic
def choose(*, groupement: Groupement, by: Acteur) -> Groupement:
    """The buyer chooses this group: its members become the holders of the lot. ActionRefusee when another one is."""
    lot = Lot.objects.select_for_update().get(pk=groupement.lot_id)
    groupement = Groupement.objects.select_for_update().get(pk=groupement.pk)
    if groupement.retenu:
        raise ActionRefusee("Ce groupement est déjà titulaire du lot.")
    _refuse_second(lot)
    groupement.retenu = True
    _sign(groupement, by, "attribution")
    groupement.save()
    _hold(groupement, by)
    return groupement


@transaction.atomic
def change(*, form, by: Acteur) -> ChangementGroupement:
    """A member comes or leaves after the application; the trace of why stays."""
    groupement = Groupement.objects.select_for_update().get(pk=form.instance.groupement_id)
    row = form.save(commit=False)
    row.organisation = form.cleaned_data["organisme"].organisation()
    if row.entree:
        last = max((membre.rang for membre in groupement.membres.all()), default=0)
        membre = MembreGroupement.objects.create(
            groupement=groupement, organisation=row.organisation, structure=form.cleaned_data["organisme"].structure,
            rang=last + 1,
        )  # fmt: skip
        tell_members(groupement, [membre], by)
    else:
        place = groupement.membres.get(organisation=row.organisation)
        if place.mandataire:
            raise ActionRefusee(
                "Le mandataire ne part pas sans successeur\u00a0: désignez d'abord un autre mandataire."
            )
        if groupement.membres.count() <= 2:
            raise ActionRefusee("Un groupement réunit au moins deux opérateurs\u00a0: ce départ le ferait disparaître.")
        place.delete()
    row.save()
    _sign(groupement, by, "changement")
    groupement.save()
    if groupement.retenu:
        _hold(groupement, by)
    return row


@transaction.atomic
def delete_groupement(*, groupement: Groupement, by: Acteur) -> None:
    """A candidate group given up. ActionRefusee for the holder of a lot: its contract is a fact."""
    groupement = Groupement.objects.select_for_update().get(pk=groupement.pk)
    if groupement.retenu:
        raise ActionRefusee("Ce groupement est titulaire du lot\u00a0: il ne peut pas être supprimé.")
    _sign(groupement, by, "abandon")
    groupement.delete()


def _refuse_second(lot: Lot) -> None:
    if lot.groupements.filter(retenu=True).exists():
        raise ActionRefusee("Un groupement est déjà titulaire de ce lot\u00a0: modifiez-le plutôt que d'en ajouter un.")


def _refuse_awarded(lot: Lot) -> None:
    """Nobody applies for a lot that somebody holds."""
    if lot.titulaires.exists():
        raise ActionRefusee(
            "Ce lot a déjà un titulaire\u00a0: il n'est plus temps d'y répondre. Sa fin et ses reconductions, sur sa "
            "page, disent quand il pourrait être remis en concurrence."
        )


def _write_members(groupement: Groupement, rows: list[dict[str, Any]]) -> list[MembreGroupement]:
    """The members as typed, in their order; those that arrived."""
    former = {membre.organisation_id: membre for membre in groupement.membres.all()}
    wanted = [(row, row["organisme"].organisation()) for row in rows]
    kept = {organisation.pk for _, organisation in wanted}
    groupement.membres.exclude(organisation__in=kept).delete()
    # The spokesperson may pass from one row to another, and there are never two, even for an instant.
    groupement.membres.filter(mandataire=True).update(mandataire=False)
    arrived = []
    for rank, (row, organisation) in enumerate(wanted):
        membre = former.get(organisation.pk)
        if membre is None:
            membre = MembreGroupement(groupement=groupement, organisation=organisation)
            arrived.append(membre)
        membre.structure, membre.rang = row["organisme"].structure, rank
        for name in TYPED:
            setattr(membre, name, row[name])
        membre.save()
    return arrived


def _hold(groupement: Groupement, by: Acteur) -> None:
    """Make the members of the group the holders of its lot, in their order; imports leave them so."""
    lot = groupement.lot
    members = list(groupement.membres.values_list("organisation", flat=True))
    left = set(lot.titulaires.exclude(organisation__in=members).values_list("organisation", flat=True))
    lot.titulaires.exclude(organisation__in=members).delete()
    here = {titulaire.organisation_id: titulaire for titulaire in lot.titulaires.all()}
    for rank, organisation in enumerate(members):
        titulaire = here.get(organisation) or Titulaire(lot=lot, organisation_id=organisation)
        titulaire.rang = rank
        titulaire.save()
    if "titulaires" not in lot.champs_saisis:
        lot.champs_saisis = [*lot.champs_saisis, "titulaires"]
        lot._history_user, lot._change_reason = by.user, "groupement"
        lot.save()
    refresh_holders({*members, *left})


def _sign(row: Groupement, by: Acteur, reason: str) -> None:
    row._history_user, row._change_reason, row._history_date = by.user, reason, timezone.now()
