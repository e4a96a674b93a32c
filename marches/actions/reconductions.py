"""What a buyer decides of a renewal, and the secret address of a calendar."""

from datetime import date

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import timezone

from marches.actions.ecriture import sign_and_save
from marches.actions.registre import ActionRefusee
from marches.echeances import calendrier_of
from marches.models import Agenda, Lot, Reconduction
from marches.models.agendas import nouvelle_cle
from portal.permissions import Acteur
from portal.templatetags.formats import jour

SALT = "marches.agenda"
REASON = "reconduction"


@transaction.atomic
def decider(*, lot: Lot, rang: int, decision: str, decidee_le: date, motif: str, by: Acteur, on: date) -> Reconduction:
    """Record what was decided of the renewal `rang`; ActionRefusee when it is not the next one to decide."""
    stored = Lot.objects.select_for_update().get(pk=lot.pk)
    cal = calendrier_of(stored, on)
    tranche = next((each for each in cal.tranches if each.rang == rang), None)
    if tranche is None:
        raise ActionRefusee("Cette reconduction n'est pas au contrat, ou une décision antérieure y a mis fin.")
    if rang <= cal.dernier_rang:
        raise ActionRefusee("Cette reconduction a déjà été décidée\u00a0: retirez d'abord cette décision.")
    if decidee_le > tranche.debut:
        raise ActionRefusee(
            f"La décision ne peut être postérieure au début de la reconduction, le {jour(tranche.debut)}."
        )
    try:
        with transaction.atomic():
            row = Reconduction.objects.create(
                lot=stored, rang=rang, decision=decision, decidee_le=decidee_le, motif=motif, par=by.user
            )
    except IntegrityError as error:
        raise ActionRefusee("Cette reconduction a déjà été décidée.") from error
    sign_and_save(stored, by, f"{REASON};{row}")
    return row


@transaction.atomic
def retirer(*, lot: Lot, rang: int, by: Acteur) -> None:
    """Take the last decision back; ActionRefusee for an earlier one."""
    stored = Lot.objects.select_for_update().get(pk=lot.pk)
    last = stored.decisions_reconduction.order_by("-rang").first()
    if last is None or last.rang != rang:
        raise ActionRefusee("Seule la dernière décision enregistrée peut être retirée.")
    said = str(last)
    last.delete()
    sign_and_save(stored, by, f"{REASON};retirée, {said}")


# The calendar of an organisation --------------------------------------------------------------------------------------
def jeton(agenda: Agenda) -> str:
    """What the address of a calendar holds: its present key, signed."""
    return signing.Signer(salt=SALT).sign(agenda.cle)


def agenda_of(token: str) -> Agenda | None:
    """The calendar of this address; None for a forged or a withdrawn one."""
    try:
        key = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None
    return Agenda.objects.select_related("organisation").filter(cle=key).first()


def mon_agenda(acteur: Acteur) -> Agenda | None:
    return Agenda.objects.filter(organisation=acteur.organisation_id, role=acteur.role).first()


def ouvrir(by: Acteur) -> Agenda:
    """Make the address, or another one: the former opens nothing any more."""
    agenda, is_new = Agenda.objects.get_or_create(organisation=by.organisation, role=by.role, defaults={"par": by.user})
    if not is_new:
        agenda.cle, agenda.par, agenda.cree_le = nouvelle_cle(), by.user, timezone.now()
        agenda.save()
    return agenda


def fermer(by: Acteur) -> None:
    """Withdraw the address."""
    Agenda.objects.filter(organisation=by.organisation_id, role=by.role).delete()
