"""What became of the people that a report counts: exits, follow-up points, trainings; years closed meanwhile."""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any

from clauses.enums import ResultatFormation, Situation, StatutFormation
from clauses.models import ActionFormation, Affectation, ClauseSociale, PointSuivi
from clauses.parametres import termes_suivi
from clauses.rules import calendrier
from clauses.stats.commun import SANS_ETIQUETTE, ZERO, batched_ids, en_texte


def sorties(perimetre, affectations: Collection[int | None], on: date | None) -> dict[str, Any]:
    """People of these assignments who left in the period, and what they had become: `points` by term and situation.

    `attendus`: for each term, how many of them had reached it on the day `on`.
    """
    people: dict[int, date] = {}
    for several in batched_ids(affectations):
        left = Affectation.objects.filter(
            pk__in=several, participant__sortie_le__range=(perimetre.du, perimetre.au)
        ).order_by()
        people.update(left.values_list("participant", "participant__sortie_le"))
    counted: Counter[tuple[int, str]] = Counter()
    hired: dict[str, set[int]] = {"chez_acheteur": set(), "chez_titulaire": set()}
    for several in batched_ids(people):
        points = PointSuivi.objects.filter(participant__in=several).order_by()
        for person, terme, situation, *where in points.values_list("participant", "terme", "situation", *hired):
            counted[terme, situation] += 1
            for name, yes in zip(hired, where, strict=True):
                if yes:
                    hired[name].add(person)
    starts = [(terme, start) for day in people.values() for terme, start, _ in calendrier(day, termes_suivi(day))]
    due = Counter(terme for terme, start in starts if on is not None and start <= on)
    return {
        "personnes": len(people),
        "attendus": sorted([terme, count] for terme, count in due.items()),
        "points": [[terme, str(Situation(s).label), n] for (terme, s), n in sorted(counted.items(), key=_point_order)],
        **{name: len(several) for name, several in hired.items()},
    }


def formations(perimetre, people: Collection[int]) -> list[list]:
    """Trainings of the people counted that ended in the period: [result, number, hours planned]; one query."""
    rows = _terminees(perimetre)
    numbers: Counter[str] = Counter()
    hours: defaultdict[str, Decimal] = defaultdict(Decimal)
    for person, result, planned in rows.values_list("participant", "resultat", "heures"):
        if person in people:
            numbers[result] += 1
            hours[result] += planned or ZERO
    labels = {**dict(ResultatFormation.choices), "": SANS_ETIQUETTE}
    return [[str(label), numbers[key], en_texte(hours[key])] for key, label in labels.items() if numbers[key]]


def missions_apres(perimetre, people: Collection[int]) -> list[int]:
    """[people whose training ended in the period, missions offered after it], of the people counted; one query."""
    rows = [
        (person, mission)
        for person, mission in _terminees(perimetre).values_list("participant", "mission")
        if person in people
    ]
    return [len({person for person, _ in rows}), len({mission for _, mission in rows if mission})]


def _terminees(perimetre):
    bodies = ClauseSociale.objects.filter(pk__in=perimetre.ids).order_by().values("facilitateur")
    return ActionFormation.objects.filter(
        participant__facilitateur__in=bodies, statut=StatutFormation.TERMINEE, au__range=(perimetre.du, perimetre.au)
    ).order_by()


def annees_closes(perimetre) -> list[int]:
    """Years of the period closed for these clauses, by who followed them then."""
    return sorted(year for year in perimetre.closes.years() if perimetre.du.year <= year <= perimetre.au.year)


def _point_order(item):
    (terme, situation), _ = item
    return terme, list(Situation.values).index(situation)
