"""What people have become: the day they left and why, then a point at each term; noted one by one or many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max, Q

from clauses.models import Affectation, LigneHeures, Participant, PointSuivi
from clauses.parametres import termes_suivi
from clauses.rules import SORTIE, point_possible, situation_possible, sortie_possible
from portal.permissions import Acteur
from portal.verdict import Verdict


@dataclass(frozen=True)
class Point:
    """What was found of a person at a term; 0 is the day they left."""

    participant: int
    terme: int
    situation: str
    chez_acheteur: bool = False
    chez_titulaire: bool = False


class PointsRefuses(ValidationError):
    """Points that cannot be noted: `par_personne` gives the reason of each. Nothing is written."""

    def __init__(self, par_personne: dict[int, str]):
        super().__init__(list(par_personne.values()))
        self.par_personne = par_personne


@transaction.atomic
def noter_sortie(
    participant: Participant, *, le: date, situation: str, chez_acheteur: bool, chez_titulaire: bool, on: date,
    by: Acteur,
) -> Participant:  # fmt: skip
    """The person left on the day `le`; assignments still open end on that day. Noted again, it is corrected."""
    person = Participant.objects.select_for_update().get(pk=participant.pk)
    assignments = Affectation.objects.filter(participant=person)
    worked = LigneHeures.objects.filter(affectation__participant=person).aggregate(last=Max("du"))["last"]
    later = list(person.points_suivi.filter(terme__gt=SORTIE).values_list("fait_le", flat=True))
    _check(sortie_possible(le, on, entree=person.entree_le, travail=worked, points=later))
    _check(situation_possible(situation, chez_acheteur=chez_acheteur, chez_titulaire=chez_titulaire))
    if assignments.filter(date_debut__gt=le).exists():
        raise ValidationError("Une affectation commence après cette date\u00a0: vérifiez-la d'abord.")
    assignments.filter(Q(date_fin=None) | Q(date_fin__gt=le)).update(date_fin=le)
    person.sortie_le = le
    person.save(update_fields=["sortie_le"])
    given = {"situation": situation, "chez_acheteur": chez_acheteur, "chez_titulaire": chez_titulaire}
    PointSuivi.objects.update_or_create(
        participant=person, terme=SORTIE, defaults=given | {"fait_le": le, "par": by.user}
    )
    return person


@transaction.atomic
def noter_sorties(rows: Mapping[int, Mapping[str, Any]], *, people, on: date, by: Acteur) -> int:
    """`noter_sortie` for many people at once, all or none; how many. `rows`: what is given of each, by key.

    PointsRefuses says why, person by person.
    """
    known = people.in_bulk(list(rows))
    refused = {}
    for pk, given in rows.items():
        if pk not in known:
            raise ValidationError("Une de ces personnes n'est plus dans votre suivi\u00a0: rechargez la page.")
        try:
            noter_sortie(known[pk], on=on, by=by, **given)
        except ValidationError as error:
            refused[pk] = " ".join(error.messages)
    if refused:
        raise PointsRefuses(refused)
    return len(rows)


@transaction.atomic
def annuler_sortie(participant: Participant, *, by: Acteur) -> None:
    """The person goes on, or comes back: the exit and the points noted since are taken away."""
    person = Participant.objects.select_for_update().get(pk=participant.pk)
    if person.sortie_le is None:
        raise ValidationError("Cette personne n'est pas sortie.")
    person.points_suivi.all().delete()
    person.sortie_le = None
    person.save(update_fields=["sortie_le"])


@transaction.atomic
def noter_points(points: Sequence[Point], *, people, fait_le: date, on: date, by: Acteur) -> int:
    """Note these points as done on one day, all or none; how many. `people`: those whom this `Acteur` follows.

    PointsRefuses says why, person by person. Four queries, whatever their number.
    """
    known = people.in_bulk({point.participant for point in points})
    done = set(PointSuivi.objects.filter(participant__in=known).values_list("participant", "terme"))
    refused: dict[int, str] = {}
    rows = []
    for point in points:
        person = known.get(point.participant)
        if person is None:
            raise ValidationError("Une de ces personnes n'est plus dans votre suivi\u00a0: rechargez la page.")
        termes = termes_suivi(person.sortie_le) if person.sortie_le else ()
        verdict = max(
            point_possible(point.terme, person.sortie_le, fait_le, on, termes=termes),
            situation_possible(
                point.situation, chez_acheteur=point.chez_acheteur, chez_titulaire=point.chez_titulaire
            ),
            key=lambda found: found.level.rank,
        )  # fmt: skip
        if verdict.is_blocking:
            refused[person.pk] = f"{verdict.reason} {verdict.remede}".strip()
        elif (person.pk, point.terme) in done:
            refused[person.pk] = "Ce point vient d'être noté\u00a0: rechargez la page."
        else:
            rows.append(
                PointSuivi(
                    participant=person, terme=point.terme, situation=point.situation, fait_le=fait_le,
                    chez_acheteur=point.chez_acheteur, chez_titulaire=point.chez_titulaire, par=by.user,
                )
            )  # fmt: skip
    if refused:
        raise PointsRefuses(refused)
    try:
        with transaction.atomic():
            PointSuivi.objects.bulk_create(rows)
    except IntegrityError as error:  # a colleague has just noted one of them
        raise ValidationError("Un de ces points vient d'être noté\u00a0: rechargez la page.") from error
    return len(rows)


def noter_point(row: PointSuivi, *, on: date, by: Acteur) -> PointSuivi:
    """Note or correct one point of one person, even one whose time has passed."""
    person = row.participant
    termes = termes_suivi(person.sortie_le) if person.sortie_le else ()
    _check(point_possible(row.terme, person.sortie_le, row.fait_le, on, termes=termes))
    _check(situation_possible(row.situation, chez_acheteur=row.chez_acheteur, chez_titulaire=row.chez_titulaire))
    row.par = by.user
    row.full_clean(exclude=["par"])
    row.save()
    return row


def _check(verdict: Verdict) -> None:
    if verdict.is_blocking:
        raise ValidationError(f"{verdict.reason} {verdict.remede}".strip())
