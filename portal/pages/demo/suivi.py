"""What became of the people of the demonstration: exits, follow-up points, some of them still to do."""

import random
from datetime import date, timedelta

from django.db.models import Max

from clauses.enums import Situation
from clauses.models import Participant, PointSuivi
from clauses.parametres import termes_suivi
from clauses.rules import EMPLOIS, calendrier

S = Situation
# What people do on the day they leave, then what each becomes from one point to the next; the rest stay as they are.
DEPARTS = [(S.CDI, 2), (S.CDD_LONG, 2), (S.CDD_COURT, 3), (S.PARCOURS, 3), (S.FORMATION, 1), (S.RECHERCHE, 3)]
ENSUITE = [(S.CDI, 2), (S.CDD_LONG, 2), (S.CDD_COURT, 1), (S.FORMATION, 1), (S.RECHERCHE, 2), (S.INCONNUE, 2)]
A_NOTER_JOURS = 45  # exits younger than this are still to note
RECENT_JOURS = 75  # a point that fell due since then may still be to do


def load(today: date) -> int:
    """Note exits and points of everybody whose assignments are over; how many points."""
    draw = random.Random(18)
    people = Participant.objects.filter(fictif=True).annotate(fin=Max("affectations__date_fin"))
    gone, points = [], []
    for person in people.exclude(affectations__date_fin=None).order_by("pk"):
        if person.fin > today - timedelta(days=A_NOTER_JOURS):
            continue
        person.sortie_le = person.fin
        gone.append(person)
        situation = _drawn(draw, DEPARTS)
        points.append(_point(person, 0, situation, person.fin, draw))
        for terme, start, end in calendrier(person.fin, termes_suivi(person.fin)):
            done = start + timedelta(days=draw.randint(0, 20))
            if done > today:
                break
            waits = start > today - timedelta(days=RECENT_JOURS) and draw.random() < 0.5
            missed = end is not None and draw.random() < 0.1
            if waits or missed:
                continue
            if draw.random() < 0.5:
                situation = _drawn(draw, ENSUITE)
            points.append(_point(person, terme, situation, done, draw))
    Participant.objects.bulk_update(gone, ["sortie_le"], batch_size=200)
    PointSuivi.objects.bulk_create(points, batch_size=500)
    return len(points)


def _point(person: Participant, terme: int, situation: Situation, day: date, draw: random.Random) -> PointSuivi:
    hired = draw.random() if situation in EMPLOIS else 1
    return PointSuivi(
        participant=person, terme=terme, situation=situation, fait_le=day, chez_acheteur=hired < 0.25,
        chez_titulaire=0.25 <= hired < 0.45,
    )  # fmt: skip


def _drawn(draw: random.Random, weights: list[tuple[Situation, int]]) -> Situation:
    return draw.choices([value for value, _ in weights], [weight for _, weight in weights])[0]
