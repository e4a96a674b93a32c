"""What became of the people of the demonstration, and the facilitator's year: under way, closed, reported, attested."""

import random
from datetime import date, datetime, timedelta

from django.db.models import Max
from django.utils import timezone

from clauses.actions.bilans import signer
from clauses.actions.clotures import clore
from clauses.enums import EtapeEcart, PorteeBilan, Situation, SuiteEcart
from clauses.models import (
    Attestation,
    Bilan,
    ClauseSociale,
    Cloture,
    Ecart,
    Facilitateur,
    Participant,
    PointSuivi,
    Poste,
    Prescripteur,
    Reunion,
    Tache,
)
from clauses.parametres import seuil, termes_suivi
from clauses.rules import EMPLOIS, calendrier, delai_observations, dernier_du_mois
from clauses.stats import attestations
from clauses.stats.perimetres import sujet
from portal.permissions import Acteur, Role
from structures.models import Organisation

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


# The facilitator's year ----------------------------------------------------------------------------------------------
OBSERVATIONS = (
    "Deux salariés ont quitté l'équipe en octobre et leurs remplaçants n'ont été validés qu'en décembre. Nous "
    "proposons de réaliser les heures manquantes sur notre marché en cours."
)
PROPOSITION = (
    "L'entreprise a recruté tard, mais ses heures étaient régulières ensuite. Un plan de rattrapage sur son marché en "
    "cours, suivi chaque mois, servira mieux les personnes qu'une pénalité."
)
REUNION = (
    "L'atelier de soudure accueille deux personnes de plus à partir du mois prochain. Les plannings de nuit sont "
    "communiqués huit jours à l'avance. Prochain point dans six semaines."
)
POSTE = (
    "Poser et ébavurer des éléments de voie, en équipe de quatre, de jour. Un tuteur accompagne les trois premières "
    "semaines\u00a0; l'habilitation est passée pendant le contrat."
)
PRESCRIPTEURS = (("Mission locale de l'Orne aval", "accueil"), ("Cap emploi du littoral", "entreprises"))


def annee(facilitateur: Facilitateur, acheteur: Organisation, entreprise: Organisation, today: date) -> None:
    """What a facilitator has under way: a gap, a meeting, a post; and last year: closed, reported, attested."""
    user = facilitateur.organisation.membres.filter(role=Role.FACILITATEUR).select_related("user").first().user
    by = Acteur(user, facilitateur.organisation, Role.FACILITATEUR)
    _ecart(facilitateur, by, today)
    clause = ClauseSociale.objects.filter(facilitateur=facilitateur, lot__titulaires__organisation=entreprise).first()
    _chantier(clause, entreprise, by, today)
    last = today.year - 1
    closed_on = _noon(date(today.year, 2, 10))
    if today < date(today.year, 2, 12):  # last year is not settled yet
        return
    cloture = clore(facilitateur, last, on=today, by=by)
    Cloture.objects.filter(pk=cloture.pk).update(close_le=closed_on)
    buyer = sujet(by, PorteeBilan.ACHETEUR, str(acheteur.pk))
    bilan = signer(buyer, date(last, 1, 1), date(last, 12, 31), facilitateur=facilitateur, by=by)
    Bilan.objects.filter(pk=bilan.pk).update(signe_le=closed_on + timedelta(days=6))
    du, au = date(last, 11, 1), dernier_du_mois(date(today.year, 1, 1))
    figures = attestations.chiffres(facilitateur, entreprise, du, au)
    row = Attestation.objects.create(
        facilitateur=facilitateur, organisation=entreprise, numero=f"{facilitateur.prefixe}-{today.year}-0001", du=du,
        au=au, code="K7MPQ2XR94TB", chiffres=figures, delivree_par=user,
    )  # fmt: skip
    row.acheteurs.set({line[0] for line in figures["lignes"]})
    Attestation.objects.filter(pk=row.pk).update(delivree_le=closed_on + timedelta(days=9))


def _ecart(facilitateur: Facilitateur, by: Acteur, today: date) -> None:
    """The clause that ended with the most hours missing: found, answered, a catch-up proposed to the buyer."""
    over = ClauseSociale.objects.filter(facilitateur=facilitateur, date_fin__lt=today).with_suivi(today)
    missing = [clause for clause in over.order_by("pk") if clause.heures_dues_total > clause.heures_acceptees]
    if not missing:
        return
    clause = max(missing, key=lambda row: row.heures_dues_total - row.heures_acceptees)
    found = max(today - timedelta(days=40), clause.date_fin + timedelta(days=1))
    delay = delai_observations(found, seuil("ecart_observations_jours", found))
    ecart = Ecart(
        clause=clause, constate_le=found, constate_par=by.user, heures_dues=clause.heures_dues_total,
        heures_acceptees=clause.heures_acceptees, etape=EtapeEcart.PROPOSITION, notifie_le=found, notifie_par=by.user,
        delai_observations=delay, observations=OBSERVATIONS, observations_le=_noon(found + timedelta(days=9)),
        proposition=SuiteEcart.RATTRAPAGE, proposition_texte=PROPOSITION, proposee_le=_noon(delay + timedelta(days=5)),
        proposee_par=by.user,
    )  # fmt: skip
    ecart.save_without_historical_record()


def _chantier(clause: ClauseSociale, entreprise: Organisation, by: Acteur, today: date) -> None:
    """On the railway site: a meeting with what it decided, a post sent to two services."""
    met = today - timedelta(days=12)
    Reunion.objects.create(
        clause=clause, le=met, objet="Point d'étape sur le chantier", presents="Entreprise titulaire, SNCF Réseau",
        compte_rendu=REUNION, par=by.user,
    )  # fmt: skip
    Tache.objects.create(
        clause=clause, intitule="Proposer deux soudeurs à l'entreprise", echeance=today + timedelta(days=9), par=by.user
    )
    Tache.objects.create(clause=clause, intitule="Transmettre le planning de nuit", faite_le=met, par=by.user)
    for nom, local in PRESCRIPTEURS:
        Prescripteur.objects.create(
            facilitateur=clause.facilitateur, nom=nom, courriel=f"{local}.{len(nom)}@exemple.invalid"
        )
    Poste.objects.create(
        clause=clause, employeur=entreprise, metier="Poseur de voies ferrées", rome="F1702", nombre=2, pourvus=1,
        description=POSTE, a_partir_du=today + timedelta(days=20), publie_le=met + timedelta(days=2),
    )  # fmt: skip


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day, 12))
