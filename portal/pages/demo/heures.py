"""Clauses, people known by a code, and their hours: past contracts in full, running ones up to last month."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F
from django.utils import timezone

from clauses.actions.participants import ALPHABET, CODE_LENGTH
from clauses.enums import (
    Critere,
    Etat,
    Modalite,
    NatureFacilitateur,
    NiveauFormation,
    OrigineHeures,
    Sexe,
    TypeClause,
    TypeContrat,
)
from clauses.models import (
    Affectation,
    ClauseSociale,
    Declaration,
    Eligibilite,
    Facilitateur,
    HeuresDues,
    Imputation,
    LigneHeures,
    Participant,
)
from clauses.rules import heures_prevues, tranche_age
from marches.enums import Reservation
from marches.models import Lot, Marche
from marches.rules import add_months
from portal.pages.demo.identites import Registre
from portal.permissions import Role
from structures.enums import Kind
from structures.models import Commune, Organisation
from structures.zones import Geography, make_zone

FACILITATEURS = {
    "calvados": ("Maison de l'emploi du Calvados", "14118", [("departement", "14")], "CALV"),
    "plaine-commune": ("Maison de l'emploi de Plaine Commune", "93066", [("departement", "93")], "PLCO"),
    "centre": ("Mission clauses du Centre-Val de Loire", "45234", [("region", "24")], "CVDL"),
    "autres": ("Guichet interterritorial des clauses", "27229", [("region", "28"), ("region", "11")], "INTER"),
}
PRESENTATION = (
    "Nous relisons vos projets de clause, calculons avec vous les heures, présentons les structures du territoire au "
    "titulaire et suivons l'exécution jusqu'au bilan."
)
OF_BUYER = {"calvados": "calvados", "caen-la-mer": "calvados", "sncf": "calvados", "hopital": "calvados",
            "plaine-commune": "plaine-commune", "idf": "plaine-commune", "centre": "centre", "epernon": "centre",
            "touraine": "centre"}  # fmt: skip
# The firm of the demonstration account: last month still to declare, and lines refused the month before.
FIRM_TO_CALL = ("VOIES-14", "1")
LENT = {Kind.AI, Kind.ETTI, Kind.GEIQ, Kind.EATT}
TEXTE = (
    "Le titulaire consacre à l'insertion professionnelle le volume d'heures indiqué, au bénéfice de personnes dont "
    "l'éligibilité est validée par le facilitateur avant leur embauche. Il choisit librement la manière de réaliser "
    "ces heures et les déclare chaque mois."
)
PUBLICS = (
    "Demandeurs d'emploi de longue durée, bénéficiaires de minima sociaux, jeunes sans qualification, travailleurs "
    "handicapés."
)


@dataclass(frozen=True)
class Plan:
    """Who does the hours of a clause: `equipes` are (organisation, people at once, hours a month, months a person)."""

    equipes: list
    modalite: Modalite
    contrat: TypeContrat
    metiers: list[str]
    share_done: float = 1.0


class Recorder:
    """Collects rows and writes them in bulk, in the order their keys need."""

    def __init__(self, draw: random.Random, today: date, esl: Organisation):
        self.draw, self.today, self.esl = draw, today, esl
        self.last_month = add_months(date(today.year, today.month, 1), -1)
        self.participants, self.affectations, self.eligibilites = [], [], []
        self.declarations, self.lignes, self.imputations = {}, [], []
        self.criteres: dict[str, str] = {}

    def person(self, facilitateur: Facilitateur, start: date) -> Participant:
        code = self._code(facilitateur)
        while code in self.criteres:
            code = self._code(facilitateur)
        self.criteres[code] = self.draw.choice([Critere.DELD, Critere.RSA, Critere.JEUNE, Critere.RQTH, Critere.DETLD])
        participant = Participant(
            facilitateur=facilitateur, code=code, annee_naissance=start.year - self.draw.choice([*range(18, 62)]),
            sexe=self.draw.choice([Sexe.FEMME, Sexe.HOMME]), qpv=self.draw.random() < 0.35,
            niveau_formation=self.draw.choice([NiveauFormation.INFRA_3, NiveauFormation.NIVEAU_3,
                                               NiveauFormation.NIVEAU_3, NiveauFormation.NIVEAU_4]),
            entree_le=start, fictif=True,
        )  # fmt: skip
        self.participants.append(participant)
        self.eligibilites.append(
            Eligibilite(
                participant=participant, critere=self.criteres[code],
                justificatif_vu_le=start - timedelta(days=5), valable_du=start,
                valable_au=add_months(start, 24) - timedelta(days=1),
            )
        )  # fmt: skip
        return participant

    def _code(self, facilitateur: Facilitateur) -> str:
        """A code as `clauses.actions.new_code` draws it, but the same one at each loading."""
        return f"{facilitateur.prefixe}-{''.join(self.draw.choices(ALPHABET, k=CODE_LENGTH))}"

    def month(self, clause: ClauseSociale, owing, affectation: Affectation, mois: date, heures: Decimal) -> None:
        """One line and its imputation: accepted, except the last month, which waits to be checked."""
        key = (id(clause), owing.pk, mois)
        if key not in self.declarations:
            self.declarations[key] = Declaration(
                clause=clause, organisation=owing, mois=mois, transmise_le=_noon(add_months(mois, 1), 6)
            )
        formation = Decimal(self.draw.choice([0, 0, 0, 0, 7, 14])) if heures > 40 else Decimal(0)
        person = affectation.participant
        ligne = LigneHeures(
            affectation=affectation, employeur=affectation.employeur, du=mois,
            au=add_months(mois, 1) - timedelta(days=1),
            heures_travail=heures - formation, heures_formation=formation, modalite=affectation.modalite,
            sexe=person.sexe, tranche_age=tranche_age(person.annee_naissance, person.entree_le.year),
            critere=self.criteres[person.code], qpv=person.qpv,
        )  # fmt: skip
        waiting = mois >= self.last_month
        chance = 0.4 if (clause.lot.marche.reference, clause.lot.numero) == FIRM_TO_CALL else 0.04
        refused = not waiting and mois >= add_months(self.last_month, -1) and self.draw.random() < chance
        etat = Etat.TRANSMISE if waiting else Etat.REFUSEE if refused else Etat.ACCEPTEE
        self.lignes.append(ligne)
        self.imputations.append(
            Imputation(
                ligne=ligne, clause=clause, declaration=self.declarations[key], heures=heures,
                heures_formation=formation, etat=etat,
                motif_refus="Bulletin de paie et heures déclarées ne concordent pas." if refused else "",
                transmise_le=_noon(add_months(mois, 1), 6),
                decidee_le=None if waiting else _noon(add_months(mois, 1), 14),
            )
        )  # fmt: skip

    def write(self) -> int:
        Participant.objects.bulk_create(self.participants)
        Eligibilite.objects.bulk_create(self.eligibilites)
        Affectation.objects.bulk_create(self.affectations)
        Declaration.objects.bulk_create(self.declarations.values())
        LigneHeures.objects.bulk_create(self.lignes, batch_size=500)
        Imputation.objects.bulk_create(self.imputations, batch_size=500)
        # Typed the day it was sent: the history of a line then reads in its order.
        Imputation.objects.filter(saisie_par=None).update(saisie_le=F("transmise_le"))
        return len(self.lignes)


def attribuer(people: dict[str, Organisation]) -> None:
    """Who typed, sent and decided the hours of the bodies that have an account."""
    for role in (Role.STRUCTURE, Role.ENTREPRISE):
        user = people[role].membres.filter(role=role).first().user
        typed = Imputation.objects.filter(saisie_par=None, declaration__organisation=people[role])
        typed.update(saisie_par=user, transmise_par=user)
    user = people[Role.FACILITATEUR].membres.filter(role=Role.FACILITATEUR).first().user
    decided = Imputation.objects.filter(decidee_par=None, decidee_le__isnull=False)
    decided.filter(clause__facilitateur__organisation=people[Role.FACILITATEUR]).update(decidee_par=user)


def _noon(day: date, offset: int):
    """Noon, `offset` days after `day`, in the portal's time zone."""
    return timezone.make_aware(timezone.datetime(day.year, day.month, day.day, 12) + timedelta(days=offset))


def _months(start: date, end: date) -> Iterator[date]:
    first = date(start.year, start.month, 1)
    rank = 0
    while (mois := add_months(first, rank)) <= end:
        yield mois
        rank += 1


def load(contracts: dict[str, Marche], esl: Organisation, today: date) -> tuple[int, int]:
    """Make facilitators, clauses, people and hours; how many clauses, how many lines of hours.

    `esl` is the temporary work structure that lends people to the two firms of the railway site.
    """
    draw, geography = random.Random(61), Geography.read()
    registre = Registre()
    for _ in range(800):  # numbers of structures, buyers and firms come before those of facilitators
        registre.siret()
    facilitateurs = {
        key: Facilitateur.objects.create(
            organisation=registre.organisation(nom, Commune.objects.get(pk=insee)),
            zone=make_zone(zone, geography=geography),
            guichet_unique=True, courriel=f"clauses.{prefixe.lower()}@exemple.invalid", prefixe=prefixe,
            nature=NatureFacilitateur.MAISON_EMPLOI if nom.startswith("Maison") else NatureFacilitateur.ASSOCIATION,
            presentation=PRESENTATION,
        )
        for key, (nom, insee, zone, prefixe) in FACILITATEURS.items()
    }  # fmt: skip
    buyers = _buyer_keys(contracts)
    recorder, clauses = Recorder(draw, today, esl), []
    lots = (
        Lot.objects.filter(marche__in=[m.pk for m in contracts.values()], clause_sociale=True)
        .select_related("marche__acheteur__organisation", "secteur")
        .prefetch_related("titulaires__organisation__structures", "groupements__membres")
        .order_by("pk")
    )
    for lot in lots:
        facilitateur = facilitateurs[OF_BUYER.get(buyers[lot.marche_id], "autres")]
        clauses.append(_clause(lot, facilitateur, recorder, contracts))
    return len(clauses), recorder.write()


def _buyer_keys(contracts) -> dict[int, str]:
    from portal.pages.demo.contrats import ACHETEURS

    names = {nom: key for key, (nom, _, _) in ACHETEURS.items()}
    return {m.pk: names[m.acheteur.organisation.denomination] for m in contracts.values()}


def _due(lot: Lot) -> tuple[int, dict]:
    """Hours due and what the figure rests on: told for the founding contracts, calculated for the others."""
    if lot.marche.reference in {"COLLEGES-2021", "COLLEGES-2025"}:
        return 25_000, {"origine": "volume annoncé"}
    if lot.marche.reference == "EXP-COLLEGES":
        return 9_000, {"origine": "volume annoncé"}
    if lot.marche.reference == "CARTONS":
        return 96_000, {"origine": "volume annoncé"}
    months = lot.duree_mois or 12
    reserved = lot.reservation != Reservation.AUCUNE
    part = float(lot.secteur.part_main_oeuvre or (0.7 if reserved else 0.5))
    rate = 0.4 if reserved else 0.07
    elements = {"montant_ht": str(lot.montant), "part_main_oeuvre": part, "taux_insertion": rate, "cout_horaire": 32}
    calcul = heures_prevues(lot.montant, Decimal(str(part)), Decimal(str(rate)), Decimal(32))
    return max(calcul.arrondi, 20 * months // 3), elements


def _clause(lot: Lot, facilitateur: Facilitateur, recorder: Recorder, contracts) -> ClauseSociale:
    reserved = lot.reservation != Reservation.AUCUNE
    due, elements = _due(lot)
    clause = ClauseSociale(
        lot=lot,
        type=TypeClause.MARCHE_INSERTION if lot.marche.marche_insertion
        else TypeClause.RESERVE if reserved
        else TypeClause.CONDITION_CRITERE if lot.critere_social else TypeClause.CONDITION,
        facilitateur=facilitateur, date_debut=lot.date_debut, date_fin=lot.date_fin, publics=PUBLICS, texte=TEXTE,
        penalite_heure=None if reserved else Decimal(40), calcul=elements, fictive=True,
    )  # fmt: skip
    clause.save_without_historical_record()
    HeuresDues.objects.create(
        clause=clause, origine=OrigineHeures.INITIAL, date_effet=lot.date_debut, periode_debut=lot.date_debut,
        periode_fin=lot.date_fin, heures=due,
    )  # fmt: skip
    _hours(clause, lot, due, recorder)
    return clause


def _plan(lot: Lot, due: int, months: int, recorder: Recorder) -> Plan:
    """Teams that do the hours of this lot."""
    bodies = [t.organisation for t in lot.titulaires.all()]
    kinds = {body.pk: next((s.kind for s in body.structures.all()), None) for body in bodies}
    monthly = max(1, due / months)
    if lot.marche.reference.startswith(("COLLEGES", "EXP")):
        return Plan(
            [(body, body, 1, monthly / len(bodies), 4) for body in bodies], Modalite.REALISATION, TypeContrat.MISSION,
            ["Agent d'entretien de collège", "Agent de restauration scolaire"], 1.03,
        )  # fmt: skip
    if lot.marche.reference == "CARTONS":
        regies = bodies[1:]
        sizes = [4, 3, 4, 3]
        return Plan(
            [(body, body, size, monthly / sum(sizes), 24) for body, size in zip(regies, sizes, strict=True)],
            Modalite.REALISATION, TypeContrat.CDDI, ["Équipier de collecte"], 1.02,
        )  # fmt: skip
    if lot.marche.reference == "VOIES-14":
        size = 5 if lot.numero == "1" else 3
        return Plan(
            [(bodies[0], recorder.esl, size, monthly / size, 6)], Modalite.MISE_A_DISPOSITION, TypeContrat.MISSION,
            ["Soudeur", "Manœuvre", "Conducteur d'engins", "Poseur de revêtements"], 0.92 if lot.numero == "1" else 0.7,
        )  # fmt: skip
    size = max(1, min(6, round(monthly / 90)))
    kind = kinds[bodies[0].pk]
    modalite = Modalite.REALISATION if kind else Modalite.EMBAUCHE
    contrat = (
        TypeContrat.USAGER_ESAT if kind == Kind.ESAT else TypeContrat.MISSION if kind in LENT
        else TypeContrat.CDDI if kind in {Kind.EI, Kind.ACI}
        else recorder.draw.choice([TypeContrat.CDD, TypeContrat.CDI])
    )  # fmt: skip
    return Plan(
        [(bodies[-1], bodies[-1], size, monthly / size, recorder.draw.choice([4, 6, 9]))], modalite, contrat,
        [lot.secteur.nom], recorder.draw.choice([1.05, 1.0, 0.95, 0.8, 0.55]),
    )  # fmt: skip


def _hours(clause: ClauseSociale, lot: Lot, due: int, recorder: Recorder) -> None:
    end = min(clause.date_fin, recorder.last_month)
    if (lot.marche.reference, lot.numero) == FIRM_TO_CALL:
        end = add_months(end, -1)
    months = len(list(_months(clause.date_debut, clause.date_fin)))
    plan = _plan(lot, due, months, recorder)
    for owing, employer, size, monthly, stay in plan.equipes:
        for place in range(size):
            affectation, left = None, 0
            for mois in _months(clause.date_debut, end):
                if not left:
                    participant = recorder.person(clause.facilitateur, mois)
                    affectation = Affectation(
                        participant=participant, employeur=employer, modalite=plan.modalite, contrat=plan.contrat,
                        metier=plan.metiers[place % len(plan.metiers)], date_debut=mois,
                    )  # fmt: skip
                    recorder.affectations.append(affectation)
                    left = stay
                left -= 1
                if not left:
                    affectation.date_fin = add_months(mois, 1) - timedelta(days=1)
                hours = monthly * plan.share_done * recorder.draw.uniform(0.9, 1.1)
                half_hours = min(302, max(2, round(hours * 2)))  # a legal month is about 151 h
                recorder.month(clause, owing, affectation, mois, Decimal(half_hours) / 2)
