"""Run inside the portal of the benchmark of the register: fill the database, then count and time the SQL of each page.

Prints one JSON object: marches, lots, seconds, the addresses of one contract and of one lot, and for each page asked
its queries once warm and the milliseconds they take alone.
"""

import json
import sys
import time

import django

django.setup()

from django.core.cache import cache  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.db.models import OuterRef, Subquery, Sum  # noqa: E402
from django.utils import timezone  # noqa: E402

from marches.models import Acheteur, Lot, Marche, Titulaire  # noqa: E402
from marches.models.lots import SOCIAL  # noqa: E402
from portal.text import stems  # noqa: E402
from structures.models import Departement, Organisation, Secteur  # noqa: E402
from tests.bench.registre import CPVS, CRAFTS, THINGS, WORKS  # noqa: E402

PER_BUYER, PER_FIRM, EARLIER = 45, 4, 30


def fill(number: int) -> None:
    """`number` contracts, one in six of several lots, as in the real files; the same for the same number."""
    buyers, firms = max(200, number // PER_BUYER), max(500, number // PER_FIRM)
    departements = list(Departement.objects.order_by("code").values_list("pk", flat=True))
    secteurs = [Secteur.objects.filter(cpv__contains=cpv[:3]).values_list("pk", flat=True).first() for cpv in CPVS]
    arrays = {
        "works": WORKS, "things": THINGS, "crafts": CRAFTS, "cpvs": CPVS, "departements": departements,
        "secteurs": secteurs,
    }  # fmt: skip
    arrays |= {
        f"{name}_lus": [" ".join(stems(word)) for word in arrays[name]] for name in ("works", "things", "crafts")
    }
    pick = {
        name: f"(%({name})s::{'bigint' if name == 'secteurs' else 'text'}[])[1 + {{}} %% {len(values)}]"
        for name, values in arrays.items()
    }
    # Days and social marks are drawn apart from words: the contracts of one day are not all of one kind. One contract
    # in 24, of several lots, has its first notified weeks before the others.
    last = "date '2019-01-01' + " + drawn("{0}", 4, 2600)
    day = f"{last.format('i')} - CASE WHEN i %% 24 = 1 THEN {EARLIER} ELSE 0 END"
    whole = "to_char({}, 'YYYYMMDD')::int"
    several = "(1 + ((i - 1) / 4) * 6)"
    organisation = {"type_identifiant": "'SIRET'", "identifiant_valide": "true"}
    pour(Organisation, buyers, arrays, organisation | {
        "id": "i", "identifiant": "(200000000 + i)::text || '00010'", "siren": "(200000000 + i)::text",
        "denomination": "'Collectivité ' || i", "nom_tri": "'collectivite ' || i",
    })  # fmt: skip
    pour(Organisation, firms, arrays, organisation | {
        "id": f"{buyers} + i", "identifiant": "(300000000 + i)::text || '00010'", "siren": "(300000000 + i)::text",
        "denomination": "'Entreprise ' || i", "nom_tri": "'entreprise ' || i",
    })  # fmt: skip
    pour(Acheteur, buyers, arrays, {"id": "i", "organisation_id": "i", "genre": "'local'"})
    work, thing = pick["works"].format("i"), pick["things"].format("(i / 8)")
    pour(Marche, number, arrays, {
        "id": "i", "acheteur_id": f"1 + (i * 7919) %% {buyers}", "objet": f"{work} || ' du ' || {thing} || ' n° ' || i",
        "objet_tri": f"{work} || ' du ' || {thing} || ' n ' || i",
        "reference": "'M' || i", "cle": "md5(i::text)", "groupe": "md5(i::text)", "type": "'travaux'",
        "recence": whole.format(last.format("i")), "premiere": whole.format(day),
        "racines": f"' ' || {pick['works_lus'].format('i')} || ' ' || {pick['things_lus'].format('(i / 8)')} || "
        f"' operation' || (i / 12) || ' ' || {pick['crafts_lus'].format('(i / 3)')} || ' '",
    })  # fmt: skip
    # One lot each, then four more for one contract in six.
    craft = pick["crafts"].format("(i / 3)")
    lot = {
        "cpv": pick["cpvs"].format("(i / 3)"), "secteur_id": pick["secteurs"].format("(i / 3)"),
        "departement_id": pick["departements"].format("(i / 5)"),
        "date_notification": day, "date_debut": day, "duree_mois": "24", "date_fin": f"{day} + 730",
        "recence": whole.format(last.format("i")), "identifiant": "'M' || i",
        "montant": "1000 + (i * 104729) %% 900000",
        "reservation": f"CASE WHEN {drawn('i', 3, 100)} = 7 THEN 'non_precisee' ELSE 'aucune' END",
        "clause_sociale": f"{drawn('i', 1, 12)} = 3", "critere_social": f"{drawn('i', 2, 30)} = 5",
        "racines": f"' ' || {pick['crafts_lus'].format('(i / 3)')} || ' '",
    }  # fmt: skip
    pour(Lot, number, arrays, lot | {"id": "i", "marche_id": "i", "cle": "md5('a' || i)", "objet": craft})
    more = number // 6 * 4
    pour(Lot, more, arrays, lot | {
        "id": f"{number} + i", "marche_id": several, "cle": "md5('b' || i)", "objet": craft,
        "numero": "(2 + i %% 4)::text",
        "date_notification": last.format(several), "recence": whole.format(last.format(several)),
    })  # fmt: skip
    Marche.objects.filter(pk__in=Lot.objects.filter(SOCIAL).order_by().values("marche")).update(social=True)
    amounts = Lot.objects.filter(marche=OuterRef("pk")).order_by().values("marche").annotate(total=Sum("montant"))
    Marche.objects.update(montant_lots=Subquery(amounts.values("total")))
    pour(Titulaire, number + more, arrays, {
        "id": "i", "lot_id": "i", "organisation_id": f"{buyers} + 1 + (i * 6971) %% {firms}",
    })  # fmt: skip


def drawn(row: str, draw: int, number: int) -> str:
    """SQL of a whole number below `number`, the same for the same row and draw."""
    return f"(hashint8extended({row}, {draw}) & 1048575)::int %% {number}"


def pour(model: type[models.Model], number: int, arrays: dict, given: dict[str, str]) -> None:
    """`number` rows of these SQL expressions of `i`, counted from 1 ; the rest by default."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    usual = {name: field for name, field in fields.items() if name not in given and not field.primary_key}
    params = arrays | {name: usual_of(field) for name, field in usual.items()}
    columns = ", ".join(f'"{fields[name].column}"' for name in (*given, *usual))
    values = ", ".join([*given.values(), *(f"%({name})s" for name in usual)])
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({columns}) '
            f"SELECT {values} FROM generate_series(1::bigint, %(n)s) i",
            params | {"n": number},
        )


def usual_of(field):
    moment = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return field.get_db_prep_save(timezone.now() if moment else field.get_default(), connection)


def main(number: int, paths: list[str]) -> None:
    from tests.bench.inside import bare, queries_of

    started = time.perf_counter()
    if not (present := Marche.objects.count()):
        fill(number)
    elif present != number:
        raise SystemExit(f"Cette base contient {present} marchés et non {number}.")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    seconds = time.perf_counter() - started
    found = {
        "contrat": Marche.objects.order_by("pk")[number // 2].get_absolute_url(),
        "lot": Lot.objects.order_by("pk")[number // 2].get_absolute_url(),
    }
    cache.clear()
    asked = [queries_of(found.get(path, path)) for path in paths]
    print(json.dumps(found | {
        "marches": number, "lots": Lot.objects.count(), "seconds": seconds,
        "pages": [{"queries": len(queries), "bare": bare(queries)} for queries in asked],
    }))  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
