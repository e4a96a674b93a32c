"""Flat tables of essential data: columns known by name, a row for each holder, states that follow one another."""

import csv
import gzip
import io
from datetime import date
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest

from marches.importers.contrats import import_file
from marches.importers.formats import reconnaitre
from marches.importers.formats.decp_tables import column, records
from marches.models import Lot, Marche, Modification, Titulaire
from marches.rules import decp
from marches.rules.decp.tableau import COLONNES
from portal.imports import FichierRefuse
from portal.tables import write_xlsx

DATA = Path(__file__).parent.parent / "data"
ETATS, CONSOLIDE = DATA / "decp_tableau.csv", DATA / "decp_consolide.csv"
BUYER, FIRM, HOLDER = "80000001000010", "80000002800012", "80000003600015"
ROW = {
    "id": "2026A", "acheteur_id": BUYER, "objet": "Voirie", "montant": "1000", "dateNotification": "2026-01-01",
    "titulaire_id": FIRM,
}  # fmt: skip


def lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.readline()
        file.seek(0)
        return list(csv.reader(file, delimiter=";" if ";" in sample else ","))


def rewritten(path: Path, rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


# Columns --------------------------------------------------------------------------------------------------------------
def test_the_two_kinds_of_tables_are_known_by_their_columns():
    assert reconnaitre(ETATS).cle == "decp-tableau"
    assert reconnaitre(CONSOLIDE).cle == "decp-consolide"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("acheteur.id", "acheteur_id"), ("acheteur_id", "acheteur_id"), ("Acheteur ID", "acheteur_id"),
        ("id_acheteur", "acheteur_id"), ("id_marche", "id"), ("objet_marche", "objet"),
        ("date_notification", "dateNotification"), ("titulaire_denominationSociale", "titulaire_denominationSociale"),
        ("lieuExecution_code", "lieuExecution.code"),
        ("titulaire_nom", "titulaire_denominationSociale"), ("titulaire_id_2", "titulaire_id_2"),
        ("anomalies", "anomalies"), ("__id", ""),
    ],
)  # fmt: skip
def test_names_of_columns(header, expected):
    assert column(header) == expected


def test_no_two_columns_fold_into_one():
    assert len({column(name) for name in COLONNES}) == len(COLONNES)


@pytest.mark.parametrize(
    "header",
    [
        "siret;denomination",
        "id;nom;montant",
        "acheteur_id;objet",
        "id;acheteur_nom;montant",
        "numero;fournisseur;montant",
    ],
)
def test_other_tables_are_not_taken_for_contracts(tmp_path, header):
    path = tmp_path / "table.csv"
    path.write_text(header + "\n" + ";".join("1" for _ in header.split(";")) + "\n")
    with pytest.raises(FichierRefuse, match="il faut au moins l'acheteur"):
        reconnaitre(path)


@pytest.mark.django_db
@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8-sig"), ("\t", "cp1252"), ("|", "utf-16")])
def test_separators_encodings_and_order_of_columns_change_nothing(tmp_path, delimiter, encoding):
    rows = [row[::-1] for row in lines(ETATS) if len(row) == 15]
    path = rewritten(tmp_path / "autre.csv", rows, delimiter, encoding)
    import_file(ETATS)
    report = import_file(path)
    assert (report.crees, report.mis_a_jour, report.inchanges, len(report.ecartes)) == (0, 0, 6, 1)


@pytest.mark.django_db
def test_workbooks_and_archives_are_read(tmp_path):
    header, *rows = [row for row in lines(ETATS) if len(row) == 15]
    workbook = tmp_path / "tableau.xlsx"
    workbook.write_bytes(write_xlsx(header, rows).read())
    assert import_file(workbook).crees == 3
    packed = tmp_path / "tableau.csv.gz"
    packed.write_bytes(gzip.compress(ETATS.read_bytes()))
    assert import_file(packed).inchanges == 6


# Rows -----------------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_each_row_is_counted_once_and_holders_make_one_lot():
    report = import_file(ETATS)
    assert (report.lus, report.crees, report.mis_a_jour, report.inchanges, len(report.ecartes)) == (8, 3, 2, 1, 2)
    assert [(ecart.ligne, ecart.raison[:28]) for ecart in report.ecartes] == [
        (8, "acheteur sans identifiant"),  # lines of the file: one row takes two
        (9, "19 cellules pour 15 colonnes"),
    ]
    lot = Lot.objects.get(identifiant="20240001")
    assert (lot.objet, lot.montant, lot.montant_initial) == ("Objet non publié", 61000, Decimal("50000.50"))
    assert (lot.date_notification, lot.duree_mois_initiale, lot.duree_mois) == (date(2024, 9, 2), 12, 14)
    assert [holder.organisation.identifiant for holder in lot.titulaires.all()] == [HOLDER]
    (part,) = lot.modifications.all()
    assert (part.date_notification, part.montant, part.duree_mois) == (date(2024, 12, 31), 61000, 14)
    assert part.titulaires == [["SIRET", HOLDER]]
    assert Marche.objects.get(lots=lot).type == "travaux"
    told = {(flag.ligne, flag.raison) for flag in report.signalements}
    assert told == {
        (6, "SIRET de l'acheteur invalide"),
        (6, "aucun titulaire"),
        (6, "montant invraisemblable (montant)"),
        (6, "date illisible ou impossible (dateNotification)"),
        (6, "durée illisible (dureeMois)"),
    }
    again = import_file(ETATS)
    assert (again.inchanges, again.crees, again.mis_a_jour) == (6, 0, 0)
    assert Modification.objects.count() == 1


@pytest.mark.django_db
def test_an_extract_without_holders_nor_duration_gives_what_it_has(tmp_path):
    path = tmp_path / "extrait.csv"
    path.write_text(
        "id_marche,date_notification,objet_marche,montant_marche,id_acheteur,code_postal_acheteur\n"
        f"2024V01-02,2024-03-07,RC100 - LOT 2 - MAINTENANCE,2400000.0000,{BUYER},06364\n"
        f"2024V01-02,2024-03-07,RC100 - LOT 2 - MAINTENANCE,2400000.0000,{BUYER},06364\n"
    )
    report = import_file(path)
    assert (report.crees, report.inchanges, report.signalements) == (1, 1, [])  # what has no column is not told by row
    lot = Lot.objects.get()
    assert (lot.numero, lot.objet, lot.montant, lot.date_notification) == (
        "2",
        "MAINTENANCE",
        2400000,
        date(2024, 3, 7),
    )
    assert (lot.lieu_code, lot.cpv, Titulaire.objects.count()) == ("", "", 0)


@pytest.mark.django_db
def test_the_consolidated_table_has_modifications_subcontracts_and_codes_for_what_is_missing():
    report = import_file(CONSOLIDE)
    assert (report.lus, report.crees, report.mis_a_jour, report.ecartes) == (3, 2, 1, [])
    lot = Lot.objects.get(identifiant="2026 A1")
    assert (lot.numero, lot.objet, lot.cpv) == ("2", "Tonte", "77310000-0")
    assert (lot.montant, lot.montant_initial, lot.duree_mois) == (50000, 45155, 13)
    assert (lot.clause_sociale, lot.critere_social, lot.est_reserve) == (True, False, True)
    assert (lot.sous_traitance_declaree, lot.lieu_type) == (True, "Code département")
    assert lot.marche.techniques == "Accord-cadre, Concours"
    assert lot.modifications.get().titulaires == [["SIRET", HOLDER]]
    assert lot.actes_sous_traitance.get().montant == 1500
    bare = Lot.objects.get(identifiant="2026B")
    assert (bare.date_notification, bare.duree_mois, bare.sous_traitance_declaree) == (None, None, None)
    told = {(flag.ligne, flag.raison) for flag in report.signalements}
    inexact = "valeur jugée inexacte par la consolidation"
    assert {(2, f"{inexact} (id)"), (2, f"{inexact} (codeCPV)"), (4, f"{inexact} (montant)")} <= told
    assert (4, "aucun titulaire") in told
    assert import_file(CONSOLIDE).inchanges == 3


def test_an_identifier_may_stand_in_uid_alone():
    lu = decp.read_row({"uid": BUYER + "2026-7", "montant": "5", "titulaire_id": FIRM})
    assert (lu.acheteur, lu.identifiant, lu.refus) == (BUYER, "2026-7", "")
    assert decp.read_row({"uid": "80000001000011X", "montant": "5"}).refus == "acheteur sans identifiant"


@pytest.mark.parametrize("value", [None, 3, [], {"a": 1}, "nan", "CDL", "\ufffd"])
def test_nothing_breaks_the_reading(value):
    for read in (decp.read_row, decp.read_row_consolide):
        read(value)
        for name in COLONNES:
            read(ROW | {name: value})


# States ---------------------------------------------------------------------------------------------------------------
def states(*rows):
    return [decp.read_row(ROW | row) for row in rows]


def test_states_fold_the_same_in_any_order():
    rows = states(
        {},
        {"titulaire_id": HOLDER},
        {"dateNotification": "2026-03-01", "montant": "2000", "titulaire_id": HOLDER},
        {"dateNotification": "2026-06-01", "montant": "2000", "dureeMois": "9", "titulaire_id": HOLDER},
    )
    found = [decp.rassembler(order) for order in permutations(rows)]
    assert all(one == found[0] for one in found)
    ((lu,),) = ([*found[0]],)
    assert (lu.date_notification, lu.montant, lu.titulaires) == (
        date(2026, 1, 1),
        1000,
        (("SIRET", FIRM), ("SIRET", HOLDER)),
    )
    assert [(part.date_notification, part.montant, part.duree_mois, part.titulaires) for part in lu.modifications] == [
        (date(2026, 3, 1), 2000, None, (("SIRET", HOLDER),)),
        (date(2026, 6, 1), None, 9, ()),
    ]


def test_of_two_states_of_one_day_the_larger_amount_is_kept_with_all_the_holders():
    (lu,) = decp.rassembler(states({"montant": "1500", "titulaire_id": HOLDER}, {}))
    assert (lu.montant, len(lu.titulaires), lu.modifications) == (1500, 2, [])


def test_a_whole_record_says_more_than_states():
    whole = decp.read_record({
        "id": "2026A", "acheteur": {"id": BUYER}, "objet": "Voirie", "montant": 900,
        "titulaires": [{"id": HOLDER}],
        "modifications": [{"modification": {"id": 1, "montant": 2000, "dateNotificationModification": "2026-03-01"}}],
    })  # fmt: skip
    later = states({}, {"dateNotification": "2026-03-01", "montant": "2000", "codeCPV": "45000000"})
    for order in permutations([whole, *later]):
        first, last = decp.rassembler(order)
        assert (first.modifications, last) == ([], whole)


def test_records_of_other_formats_are_left_as_they_are():
    whole = [decp.read_record({"id": str(n), "acheteur": {"id": BUYER}, "objet": "Voirie"}) for n in range(3)]
    assert decp.rassembler(whole) == whole


def test_records_keep_unknown_columns_and_forget_technical_ones():
    text = f"__id,acheteur.id,id,montant,remarque,objet\n7,{BUYER},A,5,vu,\n"
    assert list(records(io.BytesIO(text.encode()))) == [
        {"acheteur_id": BUYER, "id": "A", "montant": "5", "remarque": "vu", "objet": ""}
    ]
