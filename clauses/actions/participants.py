"""People by their code, what was seen of them, where they work."""

import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from clauses.models import (
    Affectation,
    CompetenceParticipant,
    Eligibilite,
    Facilitateur,
    Participant,
)
from portal.permissions import Acteur

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no 0 nor O, no 1, I nor L: they are read aloud and copied by hand
CODE_LENGTH, CODE_TRIALS = 4, 20


def new_code(facilitateur: Facilitateur) -> str:
    """« CVDL-7K3M »: the prefix of the body and random characters that cannot be misread."""
    return f"{facilitateur.prefixe}-{''.join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))}"


def create_participant(*, facilitateur: Facilitateur, by: Acteur, **fields) -> Participant:
    """A person under a new code; a code already given is drawn again."""
    for _ in range(CODE_TRIALS):
        participant = Participant(facilitateur=facilitateur, code=new_code(facilitateur), **fields)
        if Participant.objects.filter(facilitateur=facilitateur, code=participant.code).exists():
            continue
        try:
            with transaction.atomic():  # drawn twice at the same moment: the database refuses one
                participant.save()
            return participant
        except IntegrityError:
            continue
    raise ValidationError("Aucun code libre n'a été trouvé\u00a0; réessayez.")


def add_eligibilite(
    participant, *, critere, valable_du, valable_au, by: Acteur, justificatif_vu_le=None
) -> Eligibilite:
    """A criterion whose evidence was seen; the document itself is never kept."""
    row = Eligibilite(
        participant=participant,
        critere=critere,
        valable_du=valable_du,
        valable_au=valable_au,
        justificatif_vu_le=justificatif_vu_le,
        validee_par=by.user,
    )
    row.full_clean(exclude=["validee_par"])
    row.save()
    return row


@transaction.atomic
def assign(participant, *, employeur, modalite, contrat, date_debut, by: Acteur, **fields) -> Affectation:
    """The person works for this employer from a day on."""
    row = Affectation(
        participant=participant,
        employeur=employeur,
        modalite=modalite,
        contrat=contrat,
        date_debut=date_debut,
        **fields,
    )
    row.full_clean()
    return _save(row, by, "creation")


@transaction.atomic
def update_affectation(*, form, by: Acteur) -> Affectation:
    """Save the facts of an assignment, with who uses the person; lines already typed stay as they are."""
    row, named = form.instance, form.cleaned_data["utilisateur"]
    row.utilisateur = named.organisation() if named else None
    row.full_clean()
    return _save(row, by, "saisie")


@transaction.atomic
def update_poste(*, form, by: Acteur) -> Affectation:
    """Save what the employer keeps of an assignment: its own number, which leaves no trace, and the team."""
    row = form.instance
    if "equipe" in form.changed_data:
        return _save(row, by, "equipe")
    row.skip_history_when_saving = True
    row.save(update_fields=["matricule"])
    return row


@transaction.atomic
def noter_profil(*, form, by: Acteur) -> Participant:
    """Who sent a person, and their skills, those of before left out."""
    participant, competences = form.save(), form.cleaned_data["competences"]
    participant.competences.exclude(competence__in=competences).delete()
    known = set(participant.competences.values_list("competence", flat=True))
    for each in competences:
        if each not in known:
            CompetenceParticipant.objects.get_or_create(participant=participant, competence=each)
    return participant


def remember_first(row: Affectation) -> None:
    """Keep what an assignment said before its first change that leaves a trace: those of before had none."""
    if row.pk is None or row.history.exists():
        return
    stored = Affectation.objects.filter(pk=row.pk).first()
    if stored is not None:
        before = timezone.now() - timedelta(microseconds=1)
        Affectation.history.bulk_history_create([stored], default_date=before)


def _save(row: Affectation, by: Acteur, reason: str, **options) -> Affectation:
    remember_first(row)
    row._history_user, row._change_reason = by.user, reason
    row.save(**options)
    return row
