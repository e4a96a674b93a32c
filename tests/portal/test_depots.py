import gzip
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.http import Http404
from django.utils import timezone

from portal import depots
from portal.imports import FichierRefuse
from portal.models import Depot
from portal.tables import TableError
from tests.factories import make_user

pytestmark = pytest.mark.django_db
CSV = "SIRET;Nom\n123;Régie\n456;Chantier\n".encode()


def leave(content=CSV, name="liste.csv", usage="essai", user=None) -> Depot:
    return depots.deposer(SimpleUploadedFile(name, content), usage, user or make_user())


def age(depot, **delta):
    Depot.objects.filter(pk=depot.pk).update(cree_le=timezone.now() - timedelta(**delta))


def test_a_file_is_kept_and_read_again():
    user = make_user()
    depot = depots.reprendre(leave(user=user).pk, "essai", user)
    assert depot.nom == "liste.csv"
    rows = list(depots.table(depot, required=["SIRET"]))
    assert [(row.line, row.values) for row in rows] == [
        (2, {"SIRET": "123", "Nom": "Régie"}),
        (3, {"SIRET": "456", "Nom": "Chantier"}),
    ]
    assert depots.entetes(depot) == ["SIRET", "Nom"]


def test_a_packed_file_is_read():
    assert depots.entetes(leave(gzip.compress(CSV), "liste.csv.gz")) == ["SIRET", "Nom"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"SIRET;Nom\n", "que sa ligne d'en-têtes"),
        (b"%PDF-1.4", "un document PDF"),
        (b"  \n", "vide"),
        (b"\x1f\x8b\x00broken", "abîmée"),
    ],
)
def test_what_is_no_table_is_refused(content, message):
    with pytest.raises(TableError, match=message):
        depots.entetes(leave(content))


def test_a_missing_column_is_told():
    with pytest.raises(TableError, match="Colonne manquante\u00a0: «\u00a0Ville\u00a0»"):
        list(depots.table(leave(), required=["Ville"]))


def test_size_is_bounded(monkeypatch):
    monkeypatch.setattr(depots, "LARGEST", 2 * 1024 * 1024)
    leave(b"a" * depots.LARGEST)
    with pytest.raises(FichierRefuse, match="la limite est de 2\u00a0Mo"):
        leave(b"a" * (depots.LARGEST + 1))
    with pytest.raises(FichierRefuse, match="vide"):
        leave(b"")


def test_rows_are_bounded(monkeypatch):
    monkeypatch.setattr(depots, "MOST_ROWS", 2)
    assert len(list(depots.table(leave()))) == 2
    with pytest.raises(TableError, match="Plus de 100\u00a0000 lignes"):
        list(depots.table(leave(CSV + b"789;Atelier\n")))


def test_only_its_owner_and_its_import_find_it():
    user = make_user()
    depot = leave(user=user)
    for pk, usage, who in [
        (depot.pk, "essai", make_user()),
        (depot.pk, "autre", user),
        (depot.pk + 1, "essai", user),
        (10**30, "essai", user),
        ("x", "essai", user),
        ("1\x00", "essai", user),
        (None, "essai", user),
    ]:
        with pytest.raises(Http404):
            depots.reprendre(pk, usage, who)
    assert depots.reprendre(str(depot.pk), "essai", user) == depot


def test_a_day_later_it_is_gone(capsys):
    user = make_user()
    old, new = leave(user=user), leave(user=user)
    age(old, hours=25)
    with pytest.raises(Http404):
        depots.reprendre(old.pk, "essai", user)
    call_command("purger_depots")
    assert capsys.readouterr().out == "1 fichier effacé.\n"
    assert list(Depot.objects.all()) == [new]


def test_leaving_a_file_erases_what_is_old():
    old = leave()
    age(old, hours=25)
    new = leave()
    assert list(Depot.objects.all()) == [new]


def test_one_person_keeps_ten_files_of_an_import():
    user, other = make_user(), leave()
    made = [leave(user=user) for _ in range(12)]
    assert set(Depot.objects.all()) == {other, *made[-10:]}


def test_names_are_cleaned():
    assert leave(name="liste\n des   structures.csv").nom == "liste des structures.csv"
    assert leave(name=f"{'x' * 300}.csv").nom.endswith(".csv")
