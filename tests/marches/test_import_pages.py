"""Files of contracts on pages: read without a write, confirmed, followed, taken back."""

import gzip
import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from marches.actions import importations as actions
from marches.importers import contrats
from marches.importers.contrats import import_file
from marches.models import Acheteur, Lot
from portal.models import Depot, Importation
from portal.permissions import Role
from portal.siret import print_siret
from tests import factories as make
from tests.bench.decp import write as write_many
from tests.conftest import sign_in
from tests.marches.decp import BUYER, DIRTY, FIRST, NEXT, record

pytestmark = pytest.mark.django_db


def send(client, content, name="decp.json"):
    """Leave a file; the page one is led to."""
    return client.post(reverse("marches:import_contrats"), {"fichier": SimpleUploadedFile(name, content)}, follow=True)


def confirm(client):
    return client.post(reverse("marches:import_confirmer", args=[Depot.objects.get().pk]), follow=True)


@pytest.fixture
def client_buyer():
    return sign_in(Role.ACHETEUR, organisation=make.make_acheteur(organisation=_buyer()).organisation)


def _buyer():
    return make.make_organisation(identifiant=BUYER, denomination="Ville d'Évreux")


def decp(*rows) -> bytes:
    return json.dumps({"marches": {"marche": list(rows)}}).encode()


def test_a_file_is_read_then_confirmed(client_administration):
    page = send(client_administration, gzip.compress(FIRST.read_bytes()))
    assert page.status_code == 200
    for words in ("DECP 2022", "enregistrements", print_siret(BUYER), "avec une considération sociale"):
        assert words in page.content.decode()
    assert not Lot.objects.exists()
    assert not Importation.objects.exists()

    page = confirm(client_administration)
    assert page.redirect_chain[-1][0] == reverse("pages:importation", args=[Importation.objects.get().pk])
    assert Lot.objects.count() == 4
    importation = Importation.objects.get()
    assert (importation.fichier, importation.par, importation.position) == (
        "decp.json", client_administration.user, 4,
    )  # fmt: skip
    assert importation.etat == Importation.Etat.TERMINEE
    assert not Depot.objects.exists()
    assert "Annuler cet import" in page.content.decode()
    assert "decp.json" in client_administration.get(reverse("marches:importations")).content.decode()


def test_the_file_of_a_large_import_goes_to_the_queue(client_administration, monkeypatch):
    monkeypatch.setattr(actions, "FEW_BYTES", 10)
    send(client_administration, FIRST.read_bytes())
    confirm(client_administration)
    assert Lot.objects.count() == 4


def test_what_waits_says_so(client_administration, monkeypatch):
    from marches import tasks

    monkeypatch.setattr(actions, "FEW_BYTES", 10)
    asked = []
    monkeypatch.setattr(type(tasks.lire_contrats), "enqueue", lambda task, *given: asked.append((task, given)))
    page = send(client_administration, FIRST.read_bytes()).content.decode()
    assert "En attente de son tour" in page
    assert "Actualiser" in page
    actions.run_lecture(*asked[0][1])
    page = confirm(client_administration).content.decode()
    assert "En attente de son tour" in page
    assert "0 enregistrement écrit sur 4" in page
    importation = Importation.objects.get()
    client_administration.post(reverse("marches:importation_relancer", args=[importation.pk]))
    assert len(asked) == 3
    actions.run_import(*asked[1][1])
    actions.run_import(*asked[2][1])  # the one asked twice finds it done
    importation.refresh_from_db()
    assert (importation.etat, importation.rapport["crees"]) == (Importation.Etat.TERMINEE, 4)


def test_an_import_stopped_in_the_queue_goes_on_where_it_was(client_administration, tmp_path, monkeypatch):
    monkeypatch.setattr(contrats, "BATCH", 10)
    send(client_administration, write_many(tmp_path / "x.json", 45).read_bytes())
    store, calls = contrats.LotUpsert.store, []

    def fail(self, batch):
        calls.append(batch)
        if len(calls) == 3:
            raise RuntimeError("panne")
        return store(self, batch)

    monkeypatch.setattr(contrats.LotUpsert, "store", fail)
    with pytest.raises(RuntimeError):
        actions.importer(Depot.objects.get(), by=client_administration.acteur)
    # As the queue leaves it: the batches written stay.
    depot = Depot.objects.get()
    for each in depot.choix["fichiers"]:
        row = contrats.inscrire(each["cle"], each["nom"], each["total"], each["empreinte"])
        row.rapport |= {"depot": depot.pk, "organisation": 0}
        row.save()
    calls.clear()
    with pytest.raises(RuntimeError):
        actions.run_import(depot.pk)
    importation = Importation.objects.get()
    assert (importation.position, importation.etat) == (20, Importation.Etat.EN_COURS)
    assert (
        "Il semble arrêté"
        in client_administration.get(reverse("pages:importation", args=[importation.pk])).content.decode()
    )
    client_administration.post(reverse("marches:importation_relancer", args=[importation.pk]))
    importation.refresh_from_db()
    assert (importation.position, importation.etat) == (45, Importation.Etat.TERMINEE)
    assert importation.rapport["lus"] == 45


def test_each_file_of_an_archive_has_its_report(client_administration):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", FIRST.read_bytes())
        archive.writestr("b.json", NEXT.read_bytes())
        archive.writestr("lisez-moi.txt", "Bonjour")
    page = send(client_administration, packed.getvalue(), "envoi.zip").content.decode()
    assert "lisez-moi.txt" in page
    assert "Formats acceptés" in page
    confirm(client_administration)
    assert sorted(Importation.objects.values_list("fichier", flat=True)) == ["a.json", "b.json"]
    assert Lot.objects.count() == 4


def test_faults_are_told_before(client_administration):
    page = send(client_administration, DIRTY.read_bytes()).content.decode()
    for words in ("Acheteur sans identifiant", "Seront mis de côté", "Montant invraisemblable (montant)"):
        assert words in page


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"id;objet\n1;2\n", "Formats accept"), (b'{"marches": {"marche": []}}', "Aucun enregistrement"), (b"\0", "NUL")],
)
def test_an_unfit_file_is_refused_with_its_reason(client_administration, content, words):
    page = send(client_administration, content)
    assert words in page.content.decode()
    assert 'class="form-actions"' not in page.content.decode()
    page = confirm(client_administration)
    assert page.redirect_chain[-1][0] == reverse("marches:import_apercu", args=[Depot.objects.get().pk])
    assert not Importation.objects.exists()


def test_what_unpacks_beyond_reason_is_refused(client_administration, monkeypatch):
    monkeypatch.setattr(actions, "MOST_BYTES", 2 * 1024**2)
    bomb = gzip.compress(b'{"marches": {"marche": [' + b" " * 9_000_000 + b"]}}")
    assert "dépasse 2" in send(client_administration, bomb).content.decode()


def test_a_file_too_large_is_refused_at_once(client_administration, monkeypatch):
    monkeypatch.setattr("portal.depots.LARGEST", 100)
    page = send(client_administration, FIRST.read_bytes())
    assert "la limite est de" in page.content.decode()
    assert not Depot.objects.exists()


def test_a_buyer_imports_their_own_contracts_alone(client_buyer):
    other = make.make_siret()
    page = send(client_buyer, decp(record(), record(id="X-2", acheteur={"id": other})))
    assert "marchés d’autres acheteurs" in page.content.decode().replace("&#x27;", "’").replace("'", "’")
    confirm(client_buyer)
    assert not Lot.objects.exists()
    Depot.objects.all().delete()
    send(client_buyer, decp(record(), record(id="X-2", acheteur={"id": make.make_siret(BUYER[:9], nic=3)})))
    page = confirm(client_buyer)
    assert page.status_code == 200
    assert Lot.objects.count() == 2


def test_imports_of_others_do_not_exist_for_a_buyer(client_buyer, client_administration):
    send(client_administration, FIRST.read_bytes())
    confirm(client_administration)
    importation = Importation.objects.get()
    assert importation.fichier not in client_buyer.get(reverse("marches:importations")).content.decode()
    for name in ("pages:importation", "marches:importation_annuler"):
        assert client_buyer.get(reverse(name, args=[importation.pk])).status_code == 404


def test_the_list_costs_the_same_for_one_as_for_ten(client_administration, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make.make_importation(format="decp-2022", par=make.make_user())
    url = reverse("marches:importations")
    client_administration.get(url)
    with CaptureQueriesContext(connection) as one:
        client_administration.get(url)
    for _ in range(9):
        make.make_importation(format="decp-2022", par=make.make_user())
    with django_assert_num_queries(len(one)):
        client_administration.get(url)


def test_an_import_is_taken_back_on_its_page(client_buyer):
    send(client_buyer, decp(record()))
    confirm(client_buyer)
    importation = Importation.objects.get()
    url = reverse("marches:importation_annuler", args=[importation.pk])
    assert "a laissé 1 enregistrement" in client_buyer.get(url).content.decode()
    assert Lot.objects.exists()
    page = client_buyer.post(url, follow=True).content.decode()
    assert "Cet import a été annulé" in page
    assert "1 lot retiré du registre" in page
    assert str(client_buyer.user) in page
    assert not Lot.objects.exists()
    assert Acheteur.objects.count() == 1  # their own
    page = client_buyer.post(url, follow=True).content.decode()
    assert "déjà annulé" in page


def test_the_file_can_be_dropped(client_administration):
    send(client_administration, FIRST.read_bytes())
    client_administration.post(reverse("marches:import_abandonner", args=[Depot.objects.get().pk]))
    assert not Depot.objects.exists()


# Command ------------------------------------------------------------------------------------------------------------
def test_the_command_asks_first(monkeypatch, capsys):
    import_file(FIRST)
    importation = Importation.objects.get()
    call_command("annuler_import_marches")
    assert "decp_2022.json" in capsys.readouterr().out
    monkeypatch.setattr("builtins.input", lambda question: "non")
    call_command("annuler_import_marches", str(importation.pk))
    assert Lot.objects.count() == 4
    monkeypatch.setattr("builtins.input", lambda question: "oui")
    call_command("annuler_import_marches", str(importation.pk))
    assert "4 enregistrements retirés" in capsys.readouterr().out
    assert not Lot.objects.exists()
    with pytest.raises(CommandError, match="déjà annulé"):
        call_command("annuler_import_marches", str(importation.pk), "--oui")
    with pytest.raises(CommandError, match="pas d'import"):
        call_command("annuler_import_marches", "999999", "--oui")
