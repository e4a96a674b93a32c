"""Hour lines by the million, made by PostgreSQL itself: the portal of a country after two full years.

A body follows 100 clauses and 400 people at a time, answers to ten buyers, each shared with three other bodies; a
clause counts ten people a month for 24 months, in the order in which months come in, so that the lines of one clause
lie far apart on the disk. A line in 50 is refused, one in 40 was corrected; the last month waits for a decision.
The same number of lines gives the same rows, up to the day.
"""

from datetime import date
from math import ceil

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.management.color import no_style
from django.db import connection, models
from django.utils import timezone

from clauses.enums import Critere, Etat, Modalite, NiveauFormation, Sexe, Situation, TypeContrat
from clauses.models import (
    Affectation,
    ClauseSociale,
    Cloture,
    Declaration,
    Eligibilite,
    Facilitateur,
    HeuresDues,
    Imputation,
    LigneHeures,
    Participant,
    PointSuivi,
)
from marches.models import Acheteur, Lot, Marche, Titulaire
from marches.rules import add_months
from portal.models import User
from portal.permissions import Role
from structures.models import Departement, Membre, Organisation, Structure
from tests.bench.registre_dedans import pour

PER_BODY, BODIES_TOGETHER, BUYERS_TOGETHER = 100, 4, 10  # clauses; bodies that share ten buyers
PEOPLE, FIRMS, MONTHS, MEMBERS = 400, 14, 24, 10  # at a time; holders of a body, half of them inclusive; lines a month
PER_CLAUSE = MONTHS * MEMBERS
SMALLEST = PER_CLAUSE * PER_BODY * BODIES_TOGETHER  # lines of the smallest portal: four bodies
FILLED = (LigneHeures, Imputation, Declaration, Affectation, Participant, Eligibilite)


class Pays:
    """The numbers that follow from the number of hour lines, and the SQL that tells who does what."""

    def __init__(self, lines: int):
        self.groups = ceil(lines / SMALLEST)
        self.bodies = self.groups * BODIES_TOGETHER
        self.clauses = self.bodies * PER_BODY
        self.buyers = self.groups * BUYERS_TOGETHER
        self.firms = self.bodies * FIRMS
        self.assignments = self.clauses * MEMBERS * 2  # a second team takes over after a year
        self.lines = self.clauses * PER_CLAUSE
        today = timezone.localdate()
        self.start = add_months(today.replace(day=1), -MONTHS)
        # Organisations one after the other: buyers, bodies, firms.
        self.body_org, self.firm_org = self.buyers, self.buyers + self.bodies

    @staticmethod
    def body_of(clause: str) -> str:
        return f"(1 + ({clause} - 1) / 400 * 4 + ({clause} - 1) %% 4)"

    @staticmethod
    def buyer_of(clause: str) -> str:
        return f"(1 + ({clause} - 1) / 400 * 10 + ({clause} - 1) %% 400 / 4 %% 10)"

    def firm_of(self, body: str, rank: str) -> str:
        """Organisation of the `rank`-th firm of a body, from 0; the odd ones are inclusive structures."""
        return f"({self.firm_org} + 1 + ({body} - 1) * {FIRMS} + ({rank}) %% {FIRMS})"


def verser(lines: int) -> Pays:
    """Fill an empty database; indexes are made again at the end, as `pg_restore` does."""
    pays = Pays(lines)
    with SansIndex(*FILLED):
        _bodies(pays)
        _contracts(pays)
        _people(pays)
        _hours(pays)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")
    return pays


class SansIndex:
    """The secondary indexes and the checks of foreign keys of these tables, away while rows pour in, then back."""

    def __init__(self, *tables: type[models.Model]):
        self.tables = [model._meta.db_table for model in tables]

    def __enter__(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE conrelid::regclass::text = ANY(%s) AND contype IN ('u', 'f')",
                [self.tables],
            )
            self.constraints = cursor.fetchall()
            for table, name, _ in self.constraints:
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            cursor.execute(
                "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
                "WHERE indrelid::regclass::text = ANY(%s) AND NOT indisprimary",
                [self.tables],
            )
            self.indexes = cursor.fetchall()
            for name, _ in self.indexes:
                cursor.execute(f"DROP INDEX {name}")

    def __exit__(self, *exception):
        if exception[0] is not None:
            return
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '1GB'")
            for _, definition in self.indexes:
                cursor.execute(definition)
            for table, name, definition in self.constraints:
                cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


# Who -----------------------------------------------------------------------------------------------------------------
def _bodies(pays: Pays) -> None:
    organisation = {"type_identifiant": "'SIRET'", "identifiant_valide": "true"}
    for number, shift, siren, name in (
        (pays.buyers, 0, 200_000_000, "Collectivité"),
        (pays.bodies, pays.body_org, 250_000_000, "Maison de l''emploi"),
        (pays.firms, pays.firm_org, 300_000_000, "Entreprise"),
    ):
        pour(Organisation, number, {}, organisation | {
            "id": f"{shift} + i", "siren": f"({siren} + i)::text", "identifiant": f"({siren} + i)::text || '00010'",
            "denomination": f"'{name} ' || i", "nom_tri": f"lower('{name} ' || i)",
        })  # fmt: skip
    pour(Acheteur, pays.buyers, {}, {"id": "i", "organisation_id": "i", "genre": "'local'"})
    pour(Facilitateur, pays.bodies, {}, {
        "id": "i", "organisation_id": f"{pays.body_org} + i", "prefixe": "'F' || i", "nature": "'maison_emploi'",
    })  # fmt: skip
    # Half of the firms are of the directory: EI, then ACI, AI…
    kinds = ["EI", "ACI", "AI", "ETTI", "EA", "ESAT", "GEIQ"]
    pour(Structure, pays.firms // 2, {"kinds": kinds}, {
        "id": "i", "organisation_id": f"{pays.firm_org} + i * 2", "kind": "(%(kinds)s::text[])[1 + i %% 7]",
        "nom": "'Structure ' || i", "nom_tri": "'structure ' || i",
    })  # fmt: skip
    # One account a body, one a buyer, one a firm, each in its own organisation; nobody signs in with the password.
    pour(User, pays.firm_org + pays.firms, {"secret": make_password(None)}, {
        "id": "i", "email": "'compte' || i || '@bench.invalid'", "password": "%(secret)s", "is_active": "true",
    })  # fmt: skip
    role = f"CASE WHEN i <= {pays.buyers} THEN '{Role.ACHETEUR}' WHEN i <= {pays.firm_org} THEN '{Role.FACILITATEUR}' "
    pour(Membre, pays.firm_org + pays.firms, {}, {
        "id": "i", "user_id": "i", "organisation_id": "i", "role": role + f"ELSE '{Role.ENTREPRISE}' END",
    })  # fmt: skip


def _contracts(pays: Pays) -> None:
    places = {"departements": list(Departement.objects.order_by("code").values_list("pk", flat=True))}
    body, start = pays.body_of("i"), _sql(pays.start)
    pour(Marche, pays.clauses, {}, {
        "id": "i", "acheteur_id": pays.buyer_of("i"), "objet": "'Travaux ' || i", "reference": "'M' || i",
        "cle": "md5(i::text)", "groupe": "md5(i::text)", "type": "'travaux'",
    })  # fmt: skip
    pour(Lot, pays.clauses, places, {
        "id": "i", "marche_id": "i", "cle": "md5('a' || i)", "objet": "'Lot ' || i", "identifiant": "'M' || i",
        "departement_id": f"(%(departements)s::text[])[1 + {body} / 4 %% {len(places['departements'])}]",
        "date_notification": start, "date_debut": start, "date_fin": f"{start} + 1095", "duree_mois": "36",
        "clause_sociale": "true", "montant": "100000 + (i * 104729) %% 900000",
    })  # fmt: skip
    pour(Titulaire, pays.clauses, {}, {
        "id": "i", "lot_id": "i", "organisation_id": pays.firm_of(body, "(i - 1) %% 400 / 4"),
    })  # fmt: skip
    pour(ClauseSociale, pays.clauses, {}, {
        "id": "i", "lot_id": "i", "facilitateur_id": body, "date_debut": start, "date_fin": f"{start} + 1095",
        "calcul": "'{}'::jsonb",
    })  # fmt: skip
    # The last full year was closed in March.
    year = timezone.localdate().year - 1
    pour(Cloture, pays.bodies, {}, {
        "id": "i", "facilitateur_id": "i", "annee": f"{year}", "close_le": f"date '{year + 1}-03-01'",
        "chiffres": "'{}'::jsonb",
    })  # fmt: skip
    pour(HeuresDues, pays.clauses + pays.clauses // 4, {}, {
        "id": "i", "clause_id": f"1 + (i - 1) %% {pays.clauses}", "heures": "8000 + (i * 7919) %% 16000",
        "date_effet": f"{start} + CASE WHEN i <= {pays.clauses} THEN 0 ELSE 365 END",
    })  # fmt: skip


def _people(pays: Pays) -> None:
    """Two teams of 400 people a body, a year each; a person works on two or three clauses."""
    start, number = _sql(pays.start), pays.bodies * PEOPLE * 2
    second = f"((i - 1) %% {PEOPLE * 2} >= {PEOPLE})"
    since = f"({start} + CASE WHEN {second} THEN 365 ELSE 0 END)"
    choices = _choices(sexes=Sexe.values, niveaux=NiveauFormation.values, criteres=Critere.values)
    pour(Participant, number, choices, {
        "id": "i", "facilitateur_id": f"1 + (i - 1) / {PEOPLE * 2}", "code": "'P' || i",
        "annee_naissance": "1960 + (i * 37) %% 48", "sexe": _pick("sexes", Sexe.values),
        "niveau_formation": _pick("niveaux", NiveauFormation.values), "qpv": "(i %% 3 = 0)", "entree_le": since,
        "sortie_le": f"CASE WHEN {second} THEN NULL ELSE {start} + 365 + (i %% 60)::int END",
    })  # fmt: skip
    pour(Eligibilite, number, choices, {
        "id": "i", "participant_id": "i", "critere": _pick("criteres", Critere.values), "justificatif_vu_le": since,
        "valable_du": since, "valable_au": f"{since} + 730 - CASE WHEN {second} AND i %% 10 = 0 THEN 340 ELSE 0 END",
    })  # fmt: skip
    # Of the people of the first team who left, two in three were met.
    left = f"(1 + (i - 1) / {PEOPLE} * {PEOPLE * 2} + (i - 1) %% {PEOPLE})"
    pour(PointSuivi, pays.bodies * PEOPLE * 2 // 3, _choices(situations=Situation.values), {
        "id": "i", "participant_id": left, "terme": "3", "situation": _pick("situations", Situation.values),
        "fait_le": f"{start} + 480",
    })  # fmt: skip
    # Assignment i: clause, team and member; half of them are employed by the holder.
    clause, team, member = "(1 + (i - 1) / 20)", "((i - 1) %% 20 / 10)", "((i - 1) %% 10)"
    body, rank = pays.body_of(clause), f"(({clause} - 1) %% 400 / 4)"
    person = f"(1 + ({body} - 1) * {PEOPLE * 2} + {team} * {PEOPLE} + ({rank} * 10 + {member}) %% {PEOPLE})"
    employer = pays.firm_of(body, f"CASE WHEN {member} < 5 THEN {rank} ELSE {rank} * 2 + 1 END")
    pour(Affectation, pays.assignments, _choices(modalites=Modalite.values, contrats=TypeContrat.values), {
        "id": "i", "participant_id": person, "employeur_id": employer, "modalite": _pick("modalites", Modalite.values),
        "contrat": _pick("contrats", TypeContrat.values), "metier": "'Métier'",
        "date_debut": f"({start} + {team} * interval '1 year')::date",
        "date_fin": f"CASE WHEN {team} = 0 THEN ({start} + interval '1 year' - interval '1 day')::date END",
    })  # fmt: skip


def _hours(pays: Pays) -> None:
    per_month = pays.clauses * MEMBERS
    month = f"((i - 1) / {per_month})"
    clause, member = f"(1 + (i - 1) %% {per_month} / {MEMBERS})", f"((i - 1) %% {MEMBERS})"
    first = f"({_sql(pays.start)} + {month} * interval '1 month')"
    assignment = f"(1 + ({clause} - 1) * 20 + CASE WHEN {month} < 12 THEN 0 ELSE 10 END + {member})"
    body, rank = pays.body_of(clause), f"(({clause} - 1) %% 400 / 4)"
    work, training = "(20 + (i * 7919) %% 9000 / 100.0)", "(CASE WHEN i %% 12 = 0 THEN 7 ELSE 0 END)"
    choices = _choices(
        modalites=Modalite.values, sexes=Sexe.values, criteres=Critere.values, ages=["<26", "26-49", "50+"]
    )
    pour(Declaration, pays.clauses * MONTHS, {}, {
        "id": "i", "clause_id": f"1 + (i - 1) %% {pays.clauses}",
        "organisation_id": pays.firm_of(
            pays.body_of(f"(1 + (i - 1) %% {pays.clauses})"), f"(i - 1) %% {pays.clauses} %% 400 / 4"
        ),
        "mois": f"({_sql(pays.start)} + (i - 1) / {pays.clauses} * interval '1 month')::date",
        "transmise_le": f"{_sql(pays.start)} + (i - 1) / {pays.clauses} * interval '1 month' + interval '35 days'",
    })  # fmt: skip
    pour(LigneHeures, pays.lines, choices, {
        "id": "i", "affectation_id": assignment, "du": f"{first}::date",
        "au": f"({first} + interval '1 month' - interval '1 day')::date", "heures_travail": work,
        "heures_formation": training, "modalite": _pick("modalites", Modalite.values, assignment),
        "sexe": _pick("sexes", Sexe.values, assignment), "tranche_age": _pick("ages", range(3), assignment),
        "critere": _pick("criteres", Critere.values, assignment), "qpv": f"({assignment} %% 3 = 0)",
        "employeur_id": pays.firm_of(body, f"CASE WHEN {member} < 5 THEN {rank} ELSE {rank} * 2 + 1 END"),
    })  # fmt: skip
    last = f"{month} = {MONTHS - 1}"
    # One line in 200 was decided fifteen months later, after its year was closed.
    late = "(i %% 200 = 3)"
    decided = f"{first} + interval '40 days' + CASE WHEN {late} THEN interval '15 months' ELSE interval '0' END"
    decided = f"CASE WHEN {last} THEN NULL ELSE {decided} END"
    imputation = {
        "ligne_id": "i", "clause_id": clause, "heures": f"{work} + {training}", "heures_formation": training,
        "declaration_id": f"1 + {month} * {pays.clauses} + ({clause} - 1)",
        "saisie_par_id": pays.firm_of(body, rank), "transmise_le": f"{first} + interval '35 days'",
        "decidee_par_id": f"CASE WHEN {last} THEN NULL ELSE {pays.body_org} + {body} END", "decidee_le": decided,
    }  # fmt: skip
    refused = "(i %% 50 = 7)"
    corrected = "(i %% 40 = 1)"
    pour(Imputation, pays.lines, {}, imputation | {
        "id": "i", "motif_refus": f"CASE WHEN {refused} AND NOT {last} THEN 'Hors période' ELSE '' END",
        "etat": f"CASE WHEN {last} THEN '{Etat.TRANSMISE}' WHEN {refused} THEN '{Etat.REFUSEE}' "
        f"WHEN {corrected} THEN '{Etat.REMPLACEE}' ELSE '{Etat.ACCEPTEE}' END",
    })  # fmt: skip
    with connection.cursor() as cursor:  # the corrections: half an hour more, accepted
        columns = "ligne_id, clause_id, declaration_id, heures_formation, saisie_par_id, saisie_le, transmise_le, "
        columns += "decidee_par_id, decidee_le, motif_refus"
        cursor.execute(
            f"INSERT INTO clauses_imputation (id, heures, etat, remplace_id, {columns}) "
            f"SELECT {pays.lines} + row_number() OVER (ORDER BY id), heures + 0.5, 'acceptee', id, {columns} "
            "FROM clauses_imputation WHERE etat = 'remplacee' AND id %% 40 = 1".replace("%%", "%")
        )


def _choices(**lists) -> dict[str, list[str]]:
    return {name: list(values) for name, values in lists.items()}


def _pick(name: str, values, key: str = "i") -> str:
    return f"(%({name})s::text[])[1 + ({key} * 7 + {key} / 11) %% {len(values)}]"


def _sql(day: date) -> str:
    return f"date '{day.isoformat()}'"
