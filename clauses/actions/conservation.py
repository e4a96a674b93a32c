"""What is known of a person: looked at, told, erased. Their hours stay, without a link to them."""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Max

from clauses.enums import MotifEffacement
from clauses.models import (
    ActionFormation,
    Affectation,
    ConsultationParticipant,
    Effacement,
    Eligibilite,
    LigneHeures,
    Participant,
    PointSuivi,
    Transfert,
)
from clauses.parametres import seuil, termes_suivi
from clauses.rules import a_effacer_le, derniere_trace, fin_du_suivi
from portal.permissions import Acteur

BATCH = 500
HISTOIRE = {"id", "history_date", "history_type", "history_change_reason", "history_user"}
TUS = {"matricule", "fictif"}  # what an employer alone sees; what says nothing of a person


def consulter(participant: Participant, page: str, *, by: Acteur) -> ConsultationParticipant:
    """Write down a look at what is known of a person: who, for which body, which page, when."""
    return ConsultationParticipant.objects.create(
        participant=participant, user=by.user, organisation=by.organisation, page=page
    )


def empreinte(participant: Participant) -> str:
    """What tells the code of an erased person apart, and tells nothing else: SHA-256 of its body and its code."""
    return hashlib.sha256(f"{participant.facilitateur_id}:{participant.code}".encode()).hexdigest()


@transaction.atomic
def effacer(participant: Participant, *, motif: MotifEffacement, by: Acteur | None = None) -> None:
    """Erase a person and all that hangs on them; lines of hours keep month, hours, employer and coarse classes."""
    Effacement.objects.get_or_create(
        empreinte=empreinte(participant), defaults={"motif": motif, "par": by.user if by else None}
    )
    # The lines let go of the assignment by themselves (SET_NULL); criteria, follow-up and looks go with the person.
    Affectation.objects.filter(participant=participant).delete()
    Affectation.history.filter(participant=participant.pk).delete()  # what it was, and that it was deleted
    participant.delete()


def dernieres_traces(participants: list[Participant]) -> dict[int, date]:
    """The last day anything was known of each person; six queries for any number of them."""
    ids = [person.pk for person in participants]
    days: dict[int, list[date | None]] = defaultdict(list)

    def note(rows) -> None:
        for pk, *several in rows:
            days[pk].extend(several)

    note(Eligibilite.objects.filter(participant__in=ids).order_by().values_list("participant").annotate(
        Max("justificatif_vu_le"), Max("valable_du")))  # fmt: skip
    note(Affectation.objects.filter(participant__in=ids).order_by().values_list("participant").annotate(
        Max("date_debut"), Max("date_fin")))  # fmt: skip
    note(LigneHeures.objects.filter(affectation__participant__in=ids).order_by().values_list(
        "affectation__participant").annotate(Max("au")))  # fmt: skip
    note(PointSuivi.objects.filter(participant__in=ids).order_by().values_list("participant").annotate(Max("fait_le")))
    note(Transfert.objects.filter(participant__in=ids).order_by().values_list("participant").annotate(Max("le")))
    note(ActionFormation.objects.filter(participant__in=ids).order_by().values_list("participant").annotate(
        Max("du"), Max("au"), Max("demandee_le")))  # fmt: skip
    return {
        person.pk: derniere_trace(person.entree_le, [person.sortie_le, *days[person.pk]]) for person in participants
    }


def fins_de_suivi(participants: list[Participant], on: date) -> dict[int, date]:
    """The day until which the follow-up of each person who left goes on; one query. Nobody else is in it."""
    done: dict[int, set[int]] = defaultdict(set)
    for pk, terme in PointSuivi.objects.filter(participant__in=participants).values_list("participant", "terme"):
        done[pk].add(terme)
    late = int(seuil("suivi_retard_jours", on))
    found = {
        person.pk: fin_du_suivi(person.sortie_le, done[person.pk], termes=termes_suivi(person.sortie_le), retard=late)
        for person in participants
        if person.sortie_le
    }
    return {pk: end for pk, end in found.items() if end is not None}


def purger(on: date) -> dict[str, int]:
    """Erase the people whose time has come, and again those already erased that a restore brought back.

    Counts: `terme`, `rejoues`. May be run again, and stopped anywhere: each person goes whole or stays.
    """
    counts = {"terme": 0, "rejoues": 0}
    gone = set(Effacement.objects.values_list("empreinte", flat=True))
    last = 0
    while batch := list(Participant.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        traces, followed = dernieres_traces(batch), fins_de_suivi(batch, on)
        months = int(seuil("conservation_mois", on))
        for person in batch:
            if empreinte(person) in gone:
                counts["rejoues"] += 1
                effacer(person, motif=MotifEffacement.TERME)
            elif a_effacer_le(traces[person.pk], months, followed.get(person.pk)) <= on:
                counts["terme"] += 1
                effacer(person, motif=MotifEffacement.TERME)
    return counts


def tout_ce_qui_est_su(participant: Participant) -> dict[str, Any]:
    """All that is kept under a code, in words that the person reads, to hand over.

    Every column is told, under its French name, so that a new one is too; left out are the accounts that wrote, and the
    payroll number, which its employer alone sees. Source: RGPD, art. 12, 15 and 20.
    """
    lines = LigneHeures.objects.filter(affectation__participant=participant).select_related("employeur")
    return {
        "code": participant.code,
        "organisme": str(participant.facilitateur),
        "profil": _dit(participant),
        "eligibilites": [_dit(row) for row in participant.eligibilites.all()],
        "affectations": [_dit(row) for row in participant.affectations.select_related("employeur")],
        "modifications_affectations": [
            {"notée le": row.history_date} | _dit(row, but=HISTOIRE)
            for row in Affectation.history.filter(participant=participant.pk)
            .select_related("employeur", "utilisateur", "site")
            .order_by("history_date", "history_id")
        ],
        "competences": [str(each) for each in participant.competences.all()],
        "heures": [_dit(row) for row in lines],
        "passages": [_dit(row) for row in participant.transferts.select_related("de", "vers")],
        "formations": [
            _dit(row) | {"mission proposée ensuite": str(row.mission.employeur) if row.mission else ""}
            for row in participant.formations.select_related("mission__employeur")
        ],
        "suivi": [_dit(row) for row in participant.points_suivi.all()],
        "consultations": [_dit(row) for row in participant.consultations.select_related("organisation")],
    }


def _dit(row: models.Model, but: Collection[str] = ()) -> dict[str, Any]:
    """{French name: value} of the columns of a row; a choice by its words, another row by its name, yes or no."""
    said: dict[str, Any] = {}
    links = {get_user_model(), Participant, Affectation}
    for field in row._meta.concrete_fields:
        if field.primary_key or field.name in TUS or field.name in but or field.related_model in links:
            continue
        value = getattr(row, field.name)
        if field.choices:
            value = getattr(row, f"get_{field.name}_display")()
        elif isinstance(value, models.Model):
            value = str(value)
        elif isinstance(value, bool):
            value = "oui" if value else "non"
        said[str(field.verbose_name)] = value
    return said
