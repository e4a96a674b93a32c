"""A facilitator's whole year, through the pages: 60 contracts, 8 companies, 400 people, 12 months.

The simulation keeps its own ledger, person by person and month by month; the reports must equal it to the hundredth.
"""

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random

import pytest
from django.urls import reverse

from clauses.enums import Critere, Etat, Modalite, NiveauFormation, Sexe, TypeContrat
from clauses.models import Affectation, ClauseSociale, Declaration, Imputation
from portal.permissions import Role
from structures.enums import Kind
from tests import factories as make
from tests.clauses.helpers import text
from tests.conftest import sign_in

YEAR, CONTRACTS, COMPANIES, BUYERS, PEOPLE = 2025, 60, 8, 10, 400
TOGETHER = (5, 9)  # people on a contract in a month
ZERO = Decimal(0)
FAULT = r"(?:invalid-feedback|form-errors|notice)[^>]*>.{0,400}"
MONTHS = [date(YEAR, month, 1) for month in range(1, 13)]
AGES = {"<26": "Moins de 26 ans", "26-49": "De 26 à 49 ans", "50+": "50 ans et plus"}


@dataclass
class Personne:
    """What the facilitator typed of somebody, and what the portal answered."""

    pk: int
    code: str
    sexe: str
    age: str
    qpv: str
    niveau: str
    critere: str
    affectation: int
    modalite: str
    contrat: str


@dataclass
class Ligne:
    """Hours of a person on a contract in a month, as the ledger knows them at the end of the year."""

    personne: Personne
    contrat: int
    mois: date
    travail: Decimal
    formation: Decimal
    acceptee: bool = True

    @property
    def heures(self) -> Decimal:
        return self.travail + self.formation


@dataclass
class Annee:
    """The year as it happens, and its ledger."""

    draw: Random
    facilitateur: object
    bureau: object  # the client of the facilitator
    acheteurs: list
    entreprises: list  # (organisation, client)
    lots: list  # (lot, rank of the buyer, rank of the company)
    clauses: list = field(default_factory=list)
    equipes: dict = field(default_factory=lambda: defaultdict(list))  # company → its people
    registre: dict = field(default_factory=dict)  # (contract, person, month) → Ligne
    dues: dict = field(default_factory=dict)
    reprises: dict = field(default_factory=dict)
    gestes: dict = field(default_factory=lambda: defaultdict(int))

    def post(self, client, name, args, data=None):
        """Send a form, which must be taken; where it leads."""
        response = client.post(reverse(name, args=args), data or {})
        assert response.status_code == 302, (name, args, re.findall(FAULT, text(response)))
        return response["Location"]


def begin() -> Annee:
    """Contracts are in the register; everything else is typed on the pages."""
    facilitateur = make.make_facilitateur(courriel="contact@exemple.fr")
    acheteurs = [make.make_acheteur() for _ in range(BUYERS)]
    entreprises = []
    for rank in range(COMPANIES):
        organisation = make.make_organisation()
        if rank % 4 == 0:  # two of the eight are insertion companies
            make.make_structure(organisation=organisation, kind=Kind.EI)
        entreprises.append((organisation, sign_in(Role.ENTREPRISE, organisation=organisation)))
    lots = []
    for rank in range(CONTRACTS):
        buyer, company = rank % BUYERS, rank % COMPANIES
        lot = make.make_lot(marche=make.make_marche(acheteur=acheteurs[buyer]), objet=f"Lot {rank:02d}")
        make.make_titulaire(lot=lot, organisation=entreprises[company][0])
        lots.append((lot, buyer, company))
    bureau = sign_in(Role.FACILITATEUR, organisation=facilitateur.organisation)
    return Annee(Random(YEAR), facilitateur, bureau, acheteurs, entreprises, lots)


# What is typed -------------------------------------------------------------------------------------------------------
def clauses(annee: Annee) -> None:
    """A clause on each lot; some with an amendment, some taken over midway."""
    for rank, (lot, _, _) in enumerate(annee.lots):
        heures = annee.draw.randrange(800, 12_000)
        place = annee.post(
            annee.bureau, "clauses:create", [lot.pk],
            {
                "type": "condition", "heures": heures, "date_debut": f"{YEAR}-01-01", "date_fin": f"{YEAR}-12-31",
                "publics": "Demandeurs d'emploi de longue durée", "texte": "Clause d'insertion.",
                "penalite_heure": "40",
            },
        )  # fmt: skip
        pk = int(place.strip("/").rsplit("/", 1)[-1])
        annee.clauses.append(pk)
        annee.dues[rank] = Decimal(heures)
        if rank % 5 == 1:
            plus = Decimal(annee.draw.randrange(1, 80_000)) / 100
            data = {"origine": "avenant", "heures": str(plus), "date_effet": f"{YEAR}-07-01"}
            annee.post(annee.bureau, "clauses:add_heures_dues", [pk], data)
            annee.dues[rank] += plus
        if rank % 6 == 2:
            done = Decimal(annee.draw.randrange(1, 60_000)) / 100
            data = {
                "heures": str(done),
                "personnes": 3,
                "arretee_au": f"{YEAR}-01-31",
                "justificatif_vu_le": f"{YEAR}-02-01",
            }
            annee.post(annee.bureau, "clauses:reprise", [pk], data)
            annee.reprises[rank] = done


def people(annee: Annee) -> None:
    """400 people: entered, found eligible, taken on by one of the companies."""
    draw = annee.draw
    for rank in range(PEOPLE):
        company = rank % COMPANIES
        organisation = annee.entreprises[company][0]
        born = draw.randint(1962, 2006)
        sexe = draw.choice(Sexe.values)
        qpv, niveau = draw.choice(["", "True", "False"]), draw.choice(NiveauFormation.values)
        place = annee.post(
            annee.bureau, "clauses:participant_create", [],
            {
                "annee_naissance": born, "sexe": sexe, "qpv": qpv, "niveau_formation": niveau,
                "entree_le": f"{YEAR}-01-01",
            },
        )  # fmt: skip
        pk = int(place.strip("/").rsplit("/", 1)[-1])
        critere = draw.choice([Critere.DELD, Critere.RSA, Critere.QPV, Critere.JEUNE, Critere.AUTRE])
        annee.post(
            annee.bureau, "clauses:add_eligibilite", [pk],
            {
                "critere": critere, "justificatif_vu_le": f"{YEAR}-01-02", "valable_du": f"{YEAR}-01-01",
                "valable_au": f"{YEAR + 1}-12-31",
            },
        )  # fmt: skip
        inclusive = company % 4 == 0
        modalite = Modalite.REALISATION if inclusive else Modalite.EMBAUCHE
        contrat = TypeContrat.CDDI if inclusive else draw.choice([TypeContrat.CDD, TypeContrat.APPRENTISSAGE])
        annee.post(
            annee.bureau, "clauses:assign", [pk],
            {
                "siret": organisation.identifiant, "modalite": modalite, "contrat": contrat, "metier": "Peinture",
                "date_debut": f"{YEAR}-01-01", "date_fin": f"{YEAR}-12-31",
            },
        )  # fmt: skip
        age = YEAR - born
        # The grid carries the number of the assignment, and the code printed on the slip of the person.
        affectation = Affectation.objects.select_related("participant").get(participant=pk)
        personne = Personne(
            pk, affectation.participant.code, sexe, "<26" if age < 26 else "50+" if age >= 50 else "26-49", qpv, niveau,
            critere, affectation.pk, modalite, contrat,
        )  # fmt: skip
        annee.equipes[company].append(personne)


def month(annee: Annee, mois: date) -> None:
    """Each company shares its people between its contracts, in turn, types, sends; the facilitator decides."""
    for rank, (_, _, company) in enumerate(annee.lots):
        if (rank + rank // COMPANIES + mois.month) % 4:  # a site works one month in four
            continue
        size = annee.draw.randint(*TOGETHER)
        team, annee.equipes[company] = annee.equipes[company][:size], annee.equipes[company][size:]
        annee.equipes[company] += team  # the last to work again
        declare(annee, rank, company, mois, team)


def declare(annee: Annee, rank: int, company: int, mois: date, team: list[Personne]) -> None:
    draw, (organisation, client) = annee.draw, annee.entreprises[company]
    place = annee.post(
        client, "clauses:open_month", [annee.clauses[rank]], {"organisation": organisation.pk, "mois": f"{mois:%Y-%m}"}
    )
    pk = int(place.strip("/").rsplit("/", 1)[-1])
    rows = {}
    for personne in team:
        travail = Decimal(draw.randrange(200, 14_000)) / 100
        formation = Decimal(draw.randrange(25, 1_500)) / 100 if draw.random() < 0.2 else ZERO
        rows[personne.affectation] = Ligne(personne, rank, mois, travail, formation)
    data = {"affectation": [f"{line.personne.affectation}:{line.personne.code}" for line in rows.values()]}
    for key, line in rows.items():
        data |= {f"l{key}-travail": french(line.travail), f"l{key}-formation": french(line.formation)}
    if draw.random() < 0.1:  # typed in two goes
        annee.post(client, "clauses:declaration", [pk], data | {"version": "0", "action": "enregistrer"})
        annee.post(client, "clauses:declaration", [pk], data | {"version": "1", "action": "transmettre"})
        annee.gestes["en deux fois"] += 1
    else:
        annee.post(client, "clauses:declaration", [pk], data | {"version": "0", "action": "transmettre"})
    annee.registre |= {(rank, line.personne.pk, mois): line for line in rows.values()}
    decide(annee, pk, client, rows)


def decide(annee: Annee, pk: int, client, rows: dict[int, Ligne]) -> None:
    """A line in 25 is refused: half of them corrected; one accepted in 40 is corrected, one in 60 taken back."""
    draw = annee.draw
    sent = {i.ligne.affectation_id: i.pk for i in Imputation.objects.filter(declaration=pk).select_related("ligne")}
    refused = [key for key in rows if draw.random() < 0.04]
    for key in refused:
        annee.post(annee.bureau, "clauses:refuse", [sent[key]], {f"refus-{sent[key]}-motif": "Heures à vérifier"})
        rows[key].acceptee = False
        annee.gestes["refusées"] += 1
    annee.post(annee.bureau, "clauses:accept_all_clean", [pk])
    corrected = [key for key in rows if key in refused and draw.random() < 0.5]
    corrected += [key for key in rows if key not in refused and draw.random() < 0.025]
    for key in corrected:
        line = rows[key]
        line.travail = Decimal(draw.randrange(200, 14_000)) / 100
        data = {f"correction-{sent[key]}-travail": french(line.travail)}
        data[f"correction-{sent[key]}-formation"] = french(line.formation)
        annee.post(client, "clauses:correct", [sent[key]], data)
        line.acceptee = True
        annee.gestes["corrigées"] += 1
    if corrected:
        month_ = Declaration.objects.get(pk=pk)
        annee.post(client, "clauses:declaration", [pk], {"version": month_.version, "action": "transmettre"})
        annee.post(annee.bureau, "clauses:accept_all_clean", [pk])
    for key in [key for key in rows if rows[key].acceptee and key not in corrected and draw.random() < 0.016]:
        data = {f"annulation-{sent[key]}-motif": "Jamais travaillées"}
        annee.post(annee.bureau, "clauses:cancel", [sent[key]], data)
        rows[key].acceptee = False
        annee.gestes["annulées"] += 1


def french(hours: Decimal) -> str:
    return f"{hours:.2f}".replace(".", ",") if hours else ""


# What the reports say ------------------------------------------------------------------------------------------------
def report(client, portee, objet) -> dict[tuple[str, str, str], Decimal | str]:
    """A report, read from its CSV file: {(table, row, measure): value}."""
    url = reverse("clauses:bilan_fichier", args=[portee, objet, "csv"])
    body = b"".join(client.get(url, {"annee": YEAR})).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body), delimiter=";"))
    return {(table, row, measure): value for table, row, measure, value in rows[1:]}


def number(value: str) -> Decimal:
    return Decimal(value.replace(",", ".").replace("\u202f", "").replace("\xa0", ""))


def compare(told, lines: list[Ligne], dues: Decimal, reprises: Decimal) -> None:
    """Every figure of a report against the ledger."""
    counted = [line for line in lines if line.acceptee]
    hours = sum((line.heures for line in counted), ZERO)
    expected = {
        "Dues à la fin de la période": dues, "Acceptées sur la période": hours, "Acceptées depuis l'origine": hours,
        "Dont formation": sum((line.formation for line in counted), ZERO),
        "Déclarées sur la période": hours, "Reprises, réalisées avant le suivi sur le portail": reprises,
        "Total réalisé, reprises comprises": hours + reprises,
    }  # fmt: skip
    for name, value in expected.items():
        assert number(told["Heures", name, "Nombre"]) == value, name
    labels = {
        "Par sexe": lambda p: Sexe(p.sexe).label,
        "Par tranche d'âge, à l'entrée": lambda p: AGES[p.age],
        "Par critère d'éligibilité": lambda p: Critere(p.critere).label,
        "Par modalité": lambda p: Modalite(p.modalite).label,
        "Par type de contrat": lambda p: TypeContrat(p.contrat).label,
        "Par niveau de formation": lambda p: NiveauFormation(p.niveau).label,
    }
    for table, label in labels.items():
        by, formation, who = defaultdict(Decimal), defaultdict(Decimal), defaultdict(set)
        for line in counted:
            name = str(label(line.personne))
            by[name] += line.heures
            formation[name] += line.formation
            who[name].add(line.personne.pk)
        told_hours = {
            row: number(v) for (name, row, measure), v in told.items() if (name, measure) == (table, "Heures")
        }
        assert told_hours == {name: value for name, value in by.items() if value}, table
        for name, value in formation.items():
            assert number(told[table, name, "Dont formation"]) == value
            assert int(told[table, name, "Personnes"]) == len(who[name])
    months = defaultdict(Decimal)
    for line in counted:
        months[line.mois] += line.heures
    told_months = [number(v) for (table, _, measure), v in told.items() if (table, measure) == ("Par mois", "Heures")]
    assert told_months == [months[day] for day in sorted(months)]


@pytest.mark.django_db
def test_the_reports_of_a_year_equal_the_year_to_the_hundredth(time_machine):
    time_machine.move_to(date(YEAR + 1, 1, 20))
    annee = begin()
    clauses(annee)
    people(annee)
    for mois in MONTHS:
        month(annee, mois)
    lines = list(annee.registre.values())
    assert Imputation.objects.filter(etat=Etat.TRANSMISE).count() == 0
    assert len({line.personne.pk for line in lines}) == PEOPLE
    assert min(annee.gestes[name] for name in ("refusées", "corrigées", "annulées", "en deux fois")) >= 10

    told = report(annee.bureau, "territoire", "france")
    compare(told, lines, sum(annee.dues.values()), sum(annee.reprises.values()))
    for buyer, acheteur in enumerate(annee.acheteurs):
        ranks = [rank for rank, (_, mine, _) in enumerate(annee.lots) if mine == buyer]
        mine = [line for line in lines if line.contrat in ranks]
        told = report(annee.bureau, "acheteur", acheteur.organisation_id)
        compare(
            told, mine, sum(annee.dues[rank] for rank in ranks),
            sum((annee.reprises.get(rank, ZERO) for rank in ranks), ZERO),
        )  # fmt: skip
        read = report(sign_in(Role.ACHETEUR, organisation=acheteur.organisation), "acheteur", acheteur.organisation_id)
        assert (
            read["Heures", "Acceptées sur la période", "Nombre"] == told["Heures", "Acceptées sur la période", "Nombre"]
        )
    for rank, pk in enumerate(annee.clauses):
        clause = ClauseSociale.objects.with_suivi(date(YEAR + 1, 1, 20)).get(pk=pk)
        done = sum((line.heures for line in lines if line.contrat == rank and line.acceptee), ZERO)
        assert clause.heures_acceptees == done + annee.reprises.get(rank, ZERO)
        assert clause.heures_dues_total == annee.dues[rank]
