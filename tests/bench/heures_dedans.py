"""Run inside the portal of the benchmark of hours: fill the database when it is empty, prepare what will be measured.

Prints one JSON object: the hour lines and the seconds they took; for each page its address, the session that reads it,
its queries and the milliseconds they take alone; the months of 50 people to fill, one after the other.
"""

import json
import sys
import time

import django

django.setup()

from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from clauses.enums import Critere, Etat, Modalite, TypeContrat  # noqa: E402
from clauses.models import (  # noqa: E402
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
from clauses.rules import dernier_du_mois  # noqa: E402
from marches.models import Lot, Marche, Titulaire  # noqa: E402
from marches.rules import add_months  # noqa: E402
from structures.models import Departement, Membre  # noqa: E402
from tests.bench.heures_donnees import SMALLEST, verser  # noqa: E402
from tests.bench.inside import bare  # noqa: E402

PEOPLE, MONTHS, BEFORE = 50, 100, 12  # of the clause whose months are filled: months in all, already declared
KEY, CODE = "bench-grille", "BENCH"  # of the lot; of its people


def main(lines: int, months: int) -> None:
    if not Departement.objects.exists():
        call_command("import_territoires", stdout=sys.stderr)
    started = time.perf_counter()
    if not (present := ClauseSociale.objects.exclude(lot__cle=KEY).count()):
        verser(lines)
    elif abs(lignes() - lines) > max(lines, SMALLEST) // 5:
        raise SystemExit(f"Cette base contient {present} clauses : ce n'est pas celle de {lines} lignes.")
    seconds = time.perf_counter() - started
    body = Facilitateur.objects.order_by("pk")[Facilitateur.objects.count() // 2]
    clause, open_months = grille(body, months)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    buyer = ClauseSociale.objects.filter(facilitateur=body).exclude(pk=clause.pk).order_by("pk").first()
    buyer = buyer.lot.marche.acheteur.organisation_id
    holder = clause.lot.titulaires.get().organisation_id
    actors = {"facilitateur": body.organisation_id, "acheteur": buyer, "entreprise": holder}
    sessions = {who: session_of(organisation) for who, organisation in actors.items()}
    year = timezone.localdate().year - 1
    pages = {
        "tableau de bord": ("facilitateur", "/clauses/"),
        "tableau, filtré par acheteur": ("facilitateur", f"/clauses/?acheteur={buyer}"),
        "fiche d'une clause": ("facilitateur", clause.get_absolute_url()),
        "mois de 50 personnes, affiché": ("entreprise", open_months[-1].get_absolute_url()),
        "bilan acheteur-année (facilitateur)": ("facilitateur", f"/clauses/bilans/acheteur/{buyer}/?annee={year}"),
        "bilan acheteur-année (acheteur)": ("acheteur", f"/clauses/bilans/acheteur/{buyer}/?annee={year}"),
        "bilan de toutes ses clauses": ("facilitateur", f"/clauses/bilans/territoire/france/?annee={year}"),
    }
    cache.clear()
    asked = {name: queries_of(sessions[who], path) for name, (who, path) in pages.items()}
    print(json.dumps({
        "lignes": lignes(), "clauses": ClauseSociale.objects.count(), "seconds": seconds,
        "size": size(), "sessions": sessions, "people": [[a, code] for a, code in people(clause)],
        "grille": [month.get_absolute_url() for month in open_months],
        "pages": [
            [name, who, path, len(asked[name]), bare(asked[name])] for name, (who, path) in pages.items()
        ],
    }))  # fmt: skip


@transaction.atomic
def grille(body: Facilitateur, months: int, people: int = PEOPLE) -> tuple[ClauseSociale, list[Declaration]]:
    """A clause of so many people, `BEFORE` months declared and `months` more, open and empty; as new at each run."""
    for old in ClauseSociale.objects.filter(lot__cle=KEY):
        lines = list(Imputation.objects.filter(clause=old).values_list("ligne", flat=True))
        Imputation.objects.filter(clause=old).delete()
        LigneHeures.objects.filter(pk__in=lines).delete()
        Declaration.objects.filter(clause=old).delete()
        Affectation.objects.filter(participant__code__startswith=CODE).delete()
        Participant.objects.filter(code__startswith=CODE).delete()
        old.delete()
        Titulaire.objects.filter(lot__cle=KEY).delete()
        Lot.objects.filter(cle=KEY).delete()
    this_month = timezone.localdate().replace(day=1)
    start = add_months(this_month, 1 - BEFORE - months)
    example = ClauseSociale.objects.filter(facilitateur=body).order_by("pk").first()
    holder = Titulaire.objects.get(lot=example.lot_id).organisation
    marche, _ = Marche.objects.get_or_create(
        cle=KEY, defaults={"acheteur": example.lot.marche.acheteur, "objet": "Grille", "groupe": KEY}
    )
    lot = Lot.objects.create(marche=marche, cle=KEY, objet="Grille", date_debut=start)
    Titulaire.objects.create(lot=lot, organisation=holder)
    clause = ClauseSociale.objects.create(
        lot=lot, facilitateur=body, date_debut=start, date_fin=dernier_du_mois(this_month)
    )
    HeuresDues.objects.create(clause=clause, heures=100_000, date_effet=start)
    team = Participant.objects.bulk_create([
        Participant(facilitateur=body, code=f"{CODE}-{n:02d}", annee_naissance=1980, entree_le=start)
        for n in range(people)
    ])  # fmt: skip
    Eligibilite.objects.bulk_create([
        Eligibilite(participant=person, critere=Critere.RSA, valable_du=start, valable_au=add_months(this_month, 24))
        for person in team
    ])  # fmt: skip
    assignments = Affectation.objects.bulk_create([
        Affectation(
            participant=person, employeur=holder, modalite=Modalite.EMBAUCHE, contrat=TypeContrat.CDD, date_debut=start
        )
        for person in team
    ])  # fmt: skip
    declarations = Declaration.objects.bulk_create(
        Declaration(clause=clause, organisation=holder, mois=add_months(start, n)) for n in range(BEFORE + months)
    )
    for month in declarations[:BEFORE]:
        accepted(month, assignments)
    return clause, declarations[BEFORE:]


def accepted(month: Declaration, assignments: list[Affectation]) -> None:
    lines = LigneHeures.objects.bulk_create([
        LigneHeures(
            affectation=each, employeur_id=each.employeur_id, du=month.mois, au=dernier_du_mois(month.mois),
            heures_travail=70, modalite=each.modalite,
        )
        for each in assignments
    ])  # fmt: skip
    Imputation.objects.bulk_create(
        Imputation(
            ligne=line, clause_id=month.clause_id, declaration=month, heures=70, etat=Etat.ACCEPTEE,
            decidee_le=timezone.now(),
        )
        for line in lines
    )  # fmt: skip


def people(clause: ClauseSociale):
    rows = Affectation.objects.filter(participant__code__startswith=CODE, participant__facilitateur=clause.facilitateur)
    return rows.order_by("participant__code").values_list("pk", "participant__code")


def session_of(organisation: int) -> str:
    """The cookie of somebody signed in for this organisation."""
    client = Client()
    client.force_login(Membre.objects.filter(organisation=organisation).earliest("pk").user)
    return client.cookies["sessionid"].value


def queries_of(session: str, path: str) -> list[tuple]:
    """The queries of the second request, once what is kept is kept."""
    client, seen = Client(headers={"host": "bench.invalid"}), []
    client.cookies["sessionid"] = session

    def note(execute, sql, params, many, context):
        seen.append((sql, params))
        return execute(sql, params, many, context)

    for _ in range(2):
        seen.clear()
        with connection.execute_wrapper(note):
            response = client.get(path)
        if response.status_code != 200:
            raise SystemExit(f"{path} répond {response.status_code}")
    return list(seen)


def lignes() -> int:
    return LigneHeures.objects.count()


def size() -> int:
    """Megabytes of the database on the disk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()) / 1000000")
        return cursor.fetchone()[0]


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
