"""What is known of a person: looked at, told, erased. Their hours stay, without a link to them."""

import hashlib
from collections import defaultdict
from datetime import date
from typing import Any

from django.db import transaction
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
    """All that is kept under a code, as plain values to hand over. Source: RGPD, art. 15 and 20."""
    people = Participant.objects.filter(pk=participant.pk)
    lines = LigneHeures.objects.filter(affectation__participant=participant)
    return {
        "code": participant.code,
        "organisme": str(participant.facilitateur),
        "profil": people.values(
            "annee_naissance", "sexe", "qpv", "niveau_formation", "entree_le", "sortie_le", "notice_remise_le"
        ).get(),
        "eligibilites": list(
            participant.eligibilites.values(
                "critere", "justificatif_vu_le", "valable_du", "valable_au", "motif_prolongation"
            )
        ),
        "affectations": list(
            participant.affectations.values(
                "employeur__denomination", "employeur__identifiant", "modalite", "contrat", "metier", "date_debut",
                "date_fin",
            )
        ),  # fmt: skip
        "heures": list(
            lines.values("du", "au", "heures_travail", "heures_formation", "employeur__denomination")
        ),
        "passages": list(
            participant.transferts.values("de__denomination", "vers__denomination", "le", "consentement_le")
        ),
        "formations": list(
            participant.formations.values(
                "intitule", "dispositif", "financeur", "heures", "statut", "resultat", "du", "au"
            )
        ),
        "suivi": list(
            participant.points_suivi.values("terme", "fait_le", "situation", "chez_acheteur", "chez_titulaire")
        ),
        "consultations": list(participant.consultations.values("organisation__denomination", "page", "le")),
    }  # fmt: skip
