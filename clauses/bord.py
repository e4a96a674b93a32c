"""The board of a facilitator: clauses sorted by risk without loading them all, and what waits for somebody."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.db.models import Max, Q, Sum
from django.utils import timezone

from clauses.actions import declarants
from clauses.enums import EtapeEcart, Etat
from clauses.models import (
    ClauseSociale,
    Convention,
    Declaration,
    DemandeFacilitateur,
    Ecart,
    HeuresDues,
    Imputation,
    Participant,
    Passation,
    RepriseHeures,
    Tache,
)
from clauses.parametres import seuil
from clauses.procedures import a_faire
from clauses.querysets import jour_usuel, last_word
from clauses.questions import questions_of
from clauses.rules import Allure, allure, avec_suite
from clauses.stats.suites import dernieres_suites
from clauses.stats.suivi import partis, points_parmi, sorties_a_noter
from marches.enums import EtatQuestion
from marches.models import Acheteur, MembreGroupement, Titulaire
from marches.rules import add_months
from portal.pagination import PER_PAGE
from portal.permissions import Acteur, Role
from portal.requetes import Prepared, PreparedObjects
from portal.text import fold
from structures.models import Departement, Organisation

ELIGIBILITES_JOURS = 60
CONVENTIONS_JOURS = 180
TACHES_JOURS = 30
MOST = 10  # rows of each list
MOST_LATE = 30  # months late shown on the board
MOST_MOIS = 25  # months read in one query
MOST_IDS = 5_000  # clauses in one query


@dataclass(frozen=True)
class Rang:
    """A clause in the order of the board: its key and its pace."""

    pk: int
    allure: Allure


def classees(clauses, on: date) -> list[Rang]:
    """All the clauses, the most at risk first: two queries of plain columns, no row of a model is made."""
    gaps = Ecart.objects.filter(clause__in=clauses.order_by().values("pk"))
    return _ranked(_paces(clauses, on), on, gaps)


def classees_de(acteur: Acteur, on: date) -> list[Rang]:
    """The same for all the clauses of this facilitator."""
    gaps = Ecart.objects.filter(clause__facilitateur__organisation=acteur.organisation_id)
    return _ranked(ALLURES.rows([acteur.organisation_id], [on]), on, gaps)


def _paces(clauses, on):
    columns = ("pk", "date_debut", "date_fin", "heures_dues_total", "heures_acceptees")
    return clauses.order_by().with_heures_dues(on).with_heures_acceptees(on).values_list(*columns)


def _ranked(rows, on: date, gaps) -> list[Rang]:
    suites = dernieres_suites(gaps)
    orange, rouge = seuil("alerte_orange", on), seuil("alerte_rouge", on)
    ranks = [
        Rang(
            pk,
            avec_suite(
                allure(start, end, due, accepted, on, orange=orange, rouge=rouge),
                suites.get(pk), fin=end, on=on, manquantes=due - accepted,
            ),
        )
        for pk, start, end, due, accepted in rows
    ]  # fmt: skip
    return sorted(ranks, key=lambda rank: (-rank.allure.verdict.level.rank, -rank.allure.retard, -rank.pk))


def mois_en_retard(acteur: Acteur, on: date) -> list[Declaration]:
    """Months that companies should have sent to this facilitator, the oldest first, one more than are shown; one
    query."""
    asked = [acteur.organisation_id], [add_months(on.replace(day=1), -1)], [on.day], [jour_usuel(on)]
    return RETARDS.objects(*asked)


def mois_a_verifier(acteur: Acteur) -> list[int]:
    """Months with a line to accept or refuse, the oldest first. Three queries, off the index of the lines that wait."""
    clauses: Any = [pk for (pk,) in SUIVIES.rows([acteur.organisation_id])]
    if len(clauses) > MOST_IDS:
        clauses = ClauseSociale.objects.followed_by(acteur).order_by().values("pk")
    rows = Imputation.objects.filter(clause__in=clauses, etat=Etat.TRANSMISE).order_by()
    # Their months apart: joined, those of the whole country are read.
    waiting = list(rows.values_list("declaration", flat=True).distinct()[:MOST_IDS])
    return list(Declaration.objects.filter(pk__in=waiting).order_by("mois", "pk").values_list("pk", flat=True))


def suivis(ranks, on: date, *, avec_parts: bool = True) -> list[dict]:
    """What the list prints of these ranks alone; `manque`: hours missing once the clause is over; `parts`: of each
    member of a group. Three queries, six with groups."""
    found = {clause.pk: clause for clause in SUIVIS.objects([rank.pk for rank in ranks], [on])}
    parts = parts_des_groupements(found.values(), on) if avec_parts else {}
    rows = []
    for rank in ranks:
        clause = found.get(rank.pk)
        if clause is None:  # gone since it was ranked
            continue
        missing = clause.heures_dues_total - clause.heures_acceptees
        over = clause.date_fin < on and missing > 0
        rows.append(
            {
                "clause": clause,
                "allure": rank.allure,
                "manque": missing if over else None,
                "parts": parts.get(rank.pk, []),
            }
        )
    return rows


def a_traiter(acteur: Acteur, on: date) -> dict:
    """What waits for the facilitator besides the months to check and those that are late. Thirteen queries at most,
    whatever the number of rows; they keep to plain lists so as to be written once (`Prepared`)."""
    body = [acteur.organisation_id]
    points = points_parmi(PARTIS.rows(body, [on]), POINTS.rows(body, [on]), on)
    return {
        "demandes": len(DEMANDES.rows(body)),
        "eligibilites": len(ELIGIBILITES.rows(body, [on], [on + timedelta(days=ELIGIBILITES_JOURS)])),
        "points": len(points),
        "points_en_retard": sum(row.point.en_retard for row in points),
        "sorties": len(SORTIES.rows(body, [on])),
        "ecarts": ECARTS.objects(body),
        "conventions": CONVENTIONS.objects(body, [on], [on + timedelta(days=CONVENTIONS_JOURS)]),
        "passations": PASSATIONS.objects(body),
        "taches": TACHES.objects(body, [on + timedelta(days=TACHES_JOURS)]),
        "etapes": a_faire(acteur, on),
        "questions": list(questions_of(acteur).waiting(timezone.now())[:MOST]) if QUESTIONS.rows(body) else [],
    }


def nombre_en_retard(acteur: Acteur, on: date) -> int:
    """Months that companies should have sent; one query."""
    return Declaration.objects.visible_to(acteur).late(on).count()


def choix_de(acteur: Acteur) -> dict[str, list]:
    """Filter → what this facilitator may choose among; three queries."""
    asked = (("acheteur", ACHETEURS), ("departement", DEPARTEMENTS), ("convention", PAR_CONVENTION))
    return {name: rows.objects([acteur.organisation_id]) for name, rows in asked}


def mois_de(pks: list[int]) -> list[Declaration]:
    """These months with their state, in that order; one query each `MOST_MOIS`."""
    found = {month.pk: month for start in range(0, len(pks), MOST_MOIS)
             for month in MOIS.objects(pks[start : start + MOST_MOIS])}  # fmt: skip
    return [found[pk] for pk in pks if pk in found]


def parts_des_membres(clause: ClauseSociale, on: date) -> list[dict]:
    """Due, declared and accepted hours of each organisation that owes the clause, opening balances included.

    Hours due by all together come last, without an organisation; [] for a holder alone. Five queries.
    """
    owing = list(declarants(clause).order_by("nom_tri", "pk"))
    if len(owing) < 2:
        return []
    due = _by(HeuresDues.objects.filter(clause=clause, date_effet__lte=on), "membre")
    before = _by(RepriseHeures.objects.filter(clause=clause, arretee_au__lte=on), "organisation")
    rows = Imputation.objects.filter(clause=clause, declaration__mois__lte=on)
    counted = last_word(rows.filter(etat__in=[Etat.TRANSMISE, Etat.ACCEPTEE]))
    declared = _by(counted, "declaration__organisation")
    accepted = _by(rows.filter(etat=Etat.ACCEPTEE), "declaration__organisation")
    zero = Decimal(0)
    parts = [
        {
            "organisation": organisation,
            "dues": due.get(organisation.pk, zero),
            "declarees": declared.get(organisation.pk, zero) + before.get(organisation.pk, zero),
            "acceptees": accepted.get(organisation.pk, zero) + before.get(organisation.pk, zero),
        }
        for organisation in owing
    ]
    if due.get(None) or before.get(None):
        shared = before.get(None, zero)
        parts.append({"organisation": None, "dues": due.get(None, zero), "declarees": shared, "acceptees": shared})
    return parts


def parts_des_groupements(clauses, on: date) -> dict[int, list[dict]]:
    """{clause: due and accepted hours of each member of the group that owes it, opening balances included}.

    For the group contracts of a page alone: nothing for a holder by itself. Two queries without any, five with.
    """
    lots = {clause.lot_id: clause.pk for clause in clauses}
    members: dict[int, dict[int, str]] = defaultdict(dict)
    for lot, organisation, name, number in [*GROUPES.rows(list(lots)), *TITULAIRES.rows(list(lots))]:
        members[lots[lot]][organisation] = name or f"SIRET {number}"
    members = {pk: names for pk, names in members.items() if len(names) > 1}
    if not members:
        return {}
    due = _by_clause(HeuresDues.objects.filter(clause__in=members, date_effet__lte=on), "membre")
    done = Imputation.objects.filter(clause__in=members, etat=Etat.ACCEPTEE, declaration__mois__lte=on)
    accepted = _by_clause(done, "declaration__organisation")
    before = _by_clause(RepriseHeures.objects.filter(clause__in=members, arretee_au__lte=on), "organisation")
    zero = Decimal(0)
    return {
        pk: [
            {
                "nom": name,
                "dues": due.get((pk, organisation), zero),
                "acceptees": accepted.get((pk, organisation), zero) + before.get((pk, organisation), zero),
            }
            for organisation, name in sorted(names.items(), key=lambda item: fold(item[1]))
        ]
        for pk, names in members.items()
    }


def _by_clause(rows, key: str) -> dict[tuple[int, int | None], Decimal]:
    found = rows.order_by().values("clause", key).annotate(total=Sum("heures")).values_list("clause", key, "total")
    return {(clause, organisation): total for clause, organisation, total in found}


def _by(rows, key: str) -> dict[int | None, Decimal]:
    return dict(rows.order_by().values(key).annotate(total=Sum("heures")).values_list(key, "total"))


# The queries that never change, written once for the process ----------------------------------------------------------
def _body(organisations) -> Acteur:
    """The facilitator that a prepared query is asked for."""
    return Acteur(organisation=SimpleNamespace(pk=organisations[0]), role=Role.FACILITATEUR)


def _suivis(pks, days):
    return ClauseSociale.objects.filter(pk__in=pks).with_suivi(days[0]).for_cards().order_by()


def _eligibilites(organisations, days, ends):
    people = Participant.objects.editable_by(_body(organisations)).filter(sortie_le=None)
    return people.annotate(fin=Max("eligibilites__valable_au")).filter(fin__gte=days[0], fin__lte=ends[0]).order_by()


def _taches(organisations, days):
    mine = Q(clause__facilitateur__organisation=organisations[0]) | Q(
        convention__facilitateur__organisation=organisations[0]
    )
    soon = Q(echeance=None) | Q(echeance__lte=days[0])
    rows = Tache.objects.filter(mine, soon, faite_le=None).select_related("clause__lot", "convention")
    return rows.order_by("echeance", "pk")[:MOST]


def _conventions(organisations, days, ends):
    signed = Convention.objects.filter(facilitateur__organisation=organisations[0], signee_le__isnull=False)
    return signed.filter(date_fin__gte=days[0], date_fin__lte=ends[0], suites=None).order_by("date_fin", "pk")[:MOST]


def _passations(organisations):
    rows = Passation.objects.filter(vers__organisation=organisations[0], acceptee=None)
    return rows.select_related("clause__lot", "de__organisation")[:MOST]


def _ecarts(organisations):
    rows = Ecart.objects.editable_by(_body(organisations)).exclude(etape=EtapeEcart.CLOS)
    return rows.select_related("clause__lot").order_by("constate_le", "pk")[:MOST]


def _retards(organisations, months, days, usual):
    late = Declaration.objects.visible_to(_body(organisations)).late_at(months[0], days[0], usual[0])
    return late.select_related("organisation", "clause__lot").order_by("mois", "pk")[: MOST_LATE + 1]


def _mois(pks):
    return Declaration.objects.filter(pk__in=pks).select_related("organisation", "clause__lot").with_etat().order_by()


def _people(organisations):
    return Participant.objects.editable_by(_body(organisations))


def _demandes(organisations):
    waiting = DemandeFacilitateur.objects.received_by(_body(organisations)).filter(traitee_le=None)
    return waiting.order_by().values_list("pk")


def _membres(rows, lot):
    return rows.order_by().values_list(lot, "organisation", "organisation__denomination", "organisation__identifiant")


def _clauses(organisations):
    return ClauseSociale.objects.followed_by(_body(organisations)).order_by()


def _acheteurs(organisations):
    buyers = Acheteur.objects.filter(marches__lots__clauses__in=_clauses(organisations).values("pk"))
    return Organisation.objects.filter(pk__in=buyers.order_by().values("organisation"))


ONE, DAY, LOTS = (int, 1), (date, 1), (int, PER_PAGE)
ALLURES = Prepared(lambda bodies, days: _paces(ClauseSociale.objects.followed_by(_body(bodies)), days[0]), ONE, DAY)
RETARDS = PreparedObjects(_retards, ONE, DAY, ONE, ONE)
SUIVIS = PreparedObjects(_suivis, (int, PER_PAGE), DAY)
MOIS = PreparedObjects(_mois, (int, MOST_MOIS))
PARTIS = Prepared(lambda bodies, days: partis(_people(bodies), days[0])[0], ONE, DAY)
POINTS = Prepared(lambda bodies, days: partis(_people(bodies), days[0])[1], ONE, DAY)
SORTIES = Prepared(
    lambda bodies, days: sorties_a_noter(_people(bodies), days[0]).order_by().values_list("pk"), ONE, DAY
)
ELIGIBILITES = Prepared(lambda *asked: _eligibilites(*asked).values_list("pk"), ONE, DAY, DAY)
DEMANDES = Prepared(_demandes, ONE)
ECARTS = PreparedObjects(_ecarts, ONE)
CONVENTIONS = PreparedObjects(_conventions, ONE, DAY, DAY)
PASSATIONS = PreparedObjects(_passations, ONE)
TACHES = PreparedObjects(_taches, ONE, DAY)
GROUPES = Prepared(
    lambda lots: _membres(
        MembreGroupement.objects.filter(groupement__lot__in=lots, groupement__retenu=True), "groupement__lot"
    ),
    LOTS,
)
TITULAIRES = Prepared(lambda lots: _membres(Titulaire.objects.filter(lot__in=lots), "lot"), LOTS)
SUIVIES = Prepared(lambda bodies: _clauses(bodies).values_list("pk")[: MOST_IDS + 1], ONE)
QUESTIONS = Prepared(
    lambda bodies: questions_of(_body(bodies)).filter(etat=EtatQuestion.ATTENTE).order_by().values_list("pk")[:1], ONE
)
ACHETEURS = PreparedObjects(_acheteurs, ONE)
DEPARTEMENTS = PreparedObjects(
    lambda bodies: Departement.objects.filter(pk__in=_clauses(bodies).values("lot__departement")), ONE
)
PAR_CONVENTION = PreparedObjects(
    lambda bodies: Convention.objects.filter(pk__in=_clauses(bodies).values("convention")), ONE
)
