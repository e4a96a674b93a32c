"""Imports of contracts that stop and go on, come twice, and are taken back."""

import json

import pytest

from marches.enums import Reservation
from marches.importers import contrats
from marches.importers.contrats import Depassee, commencer, import_file, poursuivre
from marches.importers.fichiers import Fichier
from marches.models import Acheteur, Lot, Marche, SourceLot, SourceVue
from marches.upsert import DejaAnnulee, annuler, lots
from portal.imports import FichierRefuse
from portal.models import Importation
from structures.models import Organisation, Structure
from tests import factories as make
from tests.bench.decp import records
from tests.bench.decp import write as write_many
from tests.marches.decp import FIRST, HOLDER, NEXT, empty_register, notified, record, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(tmp_path):
    def write(name, *rows):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps({"marches": {"marche": list(rows)}}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(contrats, "BATCH", 7)


def said(importation):
    kept = importation.rapport
    return {name: value for name, value in kept.items() if name not in {"fichier", "annulation"}}


def clear():
    SourceVue.objects.all().delete()
    empty_register()
    Importation.objects.all().delete()


# Stop and go on -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("stop_at", range(1, 9))
def test_an_import_cut_short_goes_on_where_it_stopped(tmp_path, monkeypatch, small_batches, stop_at):
    path = write_many(tmp_path / "decp.json", 60)
    import_file(path)
    expected, report = state(), said(Importation.objects.get())
    clear()

    whole, calls = lots.refresh_holders, []

    def fail(*args):
        calls.append(args)
        if len(calls) == stop_at:
            raise RuntimeError("panne")
        return whole(*args)

    monkeypatch.setattr(lots, "refresh_holders", fail)
    with pytest.raises(RuntimeError, match="panne"):
        import_file(path)
    importation = Importation.objects.get()
    assert (importation.position, importation.total) == (7 * (stop_at - 1), 60)
    assert importation.etat == Importation.Etat.EN_COURS
    assert SourceLot.objects.count() <= importation.position
    monkeypatch.undo()

    import_file(path)
    assert state() == expected
    importation = Importation.objects.get()
    assert said(importation) == report
    assert (importation.position, importation.etat) == (60, Importation.Etat.TERMINEE)

    assert import_file(path).inchanges == report["lus"] - sum(report["raisons_ecartees"].values())
    assert Importation.objects.count() == 2
    assert state() == expected


def test_the_first_pass_writes_nothing(tmp_path):
    path = tmp_path / "decp.json"
    path.write_bytes(write_many(tmp_path / "entier.json", 50).read_bytes()[:-40])
    with pytest.raises(FichierRefuse):
        import_file(path)
    assert not Importation.objects.exists()
    assert not Lot.objects.exists()


def test_two_processes_never_write_the_same_records(tmp_path, small_batches):
    fichier = Fichier(write_many(tmp_path / "decp.json", 40))
    importation = commencer(fichier)

    def overtake(one):
        Importation.objects.filter(pk=one.pk).update(position=35)

    with pytest.raises(Depassee):
        poursuivre(importation, fichier, told=overtake)


def test_a_report_of_many_faults_stays_small(write, monkeypatch):
    monkeypatch.setattr(contrats, "PLAFOND", 5)
    path = write("sale", *(record(id=f"N{n}", montant=0, objet="" if n % 2 else f"Objet {n}") for n in range(60)))
    report = import_file(path)
    assert (report.nb_ecartes, len(report.ecartes)) == (30, 5)
    assert report.raisons_signalees == {"montant invraisemblable (montant)": 30}
    saved = Importation.objects.get().rapport
    assert len(saved["ecartes"]) + len(saved["signalements"]) == 10
    assert saved["raisons_ecartees"] == {"objet absent": 30}


def test_an_import_costs_the_same_queries_for_ten_records_as_for_a_hundred(write, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make.make_departement(code="27")
    rows = list(records(110))
    few, many = write("peu", *rows[:10]), write("beaucoup", *rows[10:])
    with CaptureQueriesContext(connection) as ten:
        import_file(few)
    with django_assert_max_num_queries(len(ten) + 12):  # what a later record may ask: known lots, their parts
        import_file(many)


# Taking back --------------------------------------------------------------------------------------------------------
def both_ways(first, second):
    """The register after A, B and A taken back; and after B alone."""
    import_file(first)
    a = Importation.objects.get()
    import_file(second)
    result = annuler(a)
    found = state()
    clear()
    import_file(second)
    return found, state(), result


@pytest.mark.parametrize(("first", "second"), [(FIRST, NEXT), (NEXT, FIRST), (FIRST, FIRST)])
def test_taking_back_gives_what_the_other_file_alone_gives(first, second):
    found, expected, _ = both_ways(first, second)
    assert found == expected


def test_taking_back_a_large_file_that_overlaps_another(tmp_path, write):
    rows = list(records(300))
    later = [row | {"montant": 5, "datePublicationDonnees": "2030-01-01"} for row in rows[200:230] if row["objet"]]
    found, expected, result = both_ways(write("a", *rows[:230]), write("b", *rows[150:], *later))
    assert found == expected
    assert result.laisses >= 75
    assert result.retires > 100


def test_lots_that_joined_two_contracts_leave_them_apart(write):
    import_file(write("ab", notified("2018-01-01", 1), notified("2018-02-01", 2), notified("2020-06-01", 3)))
    expected = state()
    import_file(write("c", notified("2019-06-01", 4)))
    assert Marche.objects.count() == 1
    annuler(Importation.objects.first())
    assert Marche.objects.count() == 2
    assert state() == expected


def test_what_people_typed_or_hung_on_a_lot_stays():
    import_file(FIRST)
    lot = Lot.objects.get(identifiant="2026-001-01")
    lot.reservation, lot.champs_saisis = Reservation.INSERTION, ["reservation"]
    lot.save()
    held = Lot.objects.get(identifiant="2026-001-02")
    make.make_groupement(lot=held)
    result = annuler(Importation.objects.get())
    assert (result.gardes, result.retires, result.enregistrements) == (2, 2, 4)
    assert set(Lot.objects.all()) == {lot, held}
    lot.refresh_from_db()
    assert lot.reservation == Reservation.INSERTION
    assert not SourceLot.objects.exists()
    import_file(FIRST)  # found again, not made twice
    assert Lot.objects.count() == 4
    lot.refresh_from_db()
    assert lot.reservation == Reservation.INSERTION


def test_an_empty_register_comes_back_empty():
    import_file(FIRST)
    annuler(Importation.objects.get())
    for model in (Lot, Marche, Acheteur, SourceLot, Organisation):
        assert not model.objects.exists()
    importation = Importation.objects.get()
    assert importation.etat == Importation.Etat.ANNULEE
    assert importation.rapport["annulation"]["retires"] == 4
    with pytest.raises(DejaAnnulee):
        annuler(importation)
    assert import_file(FIRST).crees == 4


def test_bodies_that_people_know_outlive_the_import():
    structure = make.make_structure(organisation=make.make_organisation(identifiant=HOLDER))
    import_file(FIRST)
    structure.refresh_from_db()
    assert structure.titulaire_depuis
    annuler(Importation.objects.get())
    assert Structure.objects.get().titulaire_depuis is None
    assert list(Organisation.objects.values_list("identifiant", flat=True)) == [HOLDER]


def test_an_unfinished_import_can_be_taken_back(tmp_path, monkeypatch, small_batches):
    path = write_many(tmp_path / "decp.json", 30)
    importation = commencer(Fichier(path))

    def stop(one):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        poursuivre(importation, Fichier(path), told=stop)
    annuler(importation)
    assert not Lot.objects.exists()
    import_file(path)
    assert Importation.objects.count() == 2
