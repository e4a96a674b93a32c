"""Files of notices: shown before they are written, imported, taken back."""

import gzip
import io
import zipfile
from importlib import import_module

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from marches import tasks
from marches.actions import avis as actions
from marches.importers.aiguillage import est_avis
from marches.importers.avis import import_avis
from marches.models import Avis, Lot, SourceAvis
from portal.models import Depot, Importation
from portal.permissions import Role
from tests.conftest import sign_in
from tests.marches.test_avis import CHAIN, TED
from tests.marches.test_avis_pages import text

pytestmark = pytest.mark.django_db


def upload(path):
    return SimpleUploadedFile(path.name, path.read_bytes())


def leave(client, file):
    return client.post(reverse("marches:import_contrats"), {"fichier": file}, follow=True)


def confirm(client, follow=True):
    depot = Depot.objects.get()
    return client.post(reverse("marches:import_confirmer", kwargs={"pk": depot.pk}), follow=follow)


def test_notices_are_shown_before_they_are_written():
    client = sign_in(Role.ADMINISTRATION)
    packed = zipped(a__xml=NOTICE, b__xml=CHAIN[1].read_bytes(), c__xml=b"<a/>")
    shown = text(leave(client, SimpleUploadedFile("avis.zip", packed)))
    for words in (
        "Rien n’est encore écrit", "3avis dans le fichier", "2inconnus du portail", "Appel à la concurrence 1 avis",
        "Rectificatif 1 avis", "Format reconnu&nbsp;: eForms", "Seront mis de côté", "Premiers acheteurs du fichier",
    ):  # fmt: skip
        assert words in shown, words
    assert not Avis.objects.exists()
    assert not Importation.objects.exists()
    assert not Lot.objects.exists()
    assert "Annuler cet import" in text(confirm(client))
    assert Avis.objects.count() == 2
    assert not Depot.objects.exists()


def test_what_is_known_already_is_told_apart():
    import_avis(CHAIN[0])
    client = sign_in(Role.ADMINISTRATION)
    changed = NOTICE.replace(b"Espaces verts", b"Espaces verts et naturels")
    assert changed != NOTICE
    packed = zipped(a__xml=NOTICE, b__xml=changed, c__xml=changed, d__xml=CHAIN[1].read_bytes())
    leave(client, SimpleUploadedFile("avis.zip", packed))
    (told,) = Depot.objects.get().choix["fichiers"]
    confirm(client)
    importation = Importation.objects.get(fichier="avis.zip")
    counts = [importation.rapport[count] for count in ("lus", "crees", "mis_a_jour", "inchanges")]
    assert counts == [told[count] for count in ("total", "nouveaux", "completes", "connus")] == [4, 1, 1, 2]


def test_notices_confirmed_twice_are_imported_once(monkeypatch):
    monkeypatch.setattr(actions, "FEW_BYTES", 0)
    monkeypatch.setattr(type(tasks.import_avis_depot), "enqueue", lambda *given: None)  # nobody takes it yet
    client = sign_in(Role.ADMINISTRATION)
    leave(client, upload(CHAIN[0]))
    first, second = confirm(client, follow=False), confirm(client, follow=False)
    assert first.url == second.url
    assert Importation.objects.count() == 1
    page = text(client.get(first.url))
    assert "Import en cours" in page
    assert "n’a pas laissé de compte rendu" not in page


def test_notices_can_be_left_unwritten():
    client = sign_in(Role.ADMINISTRATION)
    leave(client, upload(CHAIN[0]))
    depot = Depot.objects.get()
    page = client.post(reverse("marches:import_abandonner", kwargs={"pk": depot.pk}), follow=True)
    assert "rien n'a été importé" in text(page).replace("&#x27;", "'")
    assert not Depot.objects.exists()
    assert not Avis.objects.exists()


def test_an_archive_without_any_good_notice_cannot_be_confirmed():
    client = sign_in(Role.ADMINISTRATION)
    shown = text(leave(client, SimpleUploadedFile("a.zip", zipped(a__xml=NOTICE[:900]))))
    assert "Aucun enregistrement ne peut être importé" in shown
    confirm(client)
    assert not Importation.objects.exists()


def test_a_file_is_imported_and_taken_back():
    client = sign_in(Role.ADMINISTRATION)
    leave(client, upload(CHAIN[0]))
    assert "Annuler cet import" in text(confirm(client))
    importation = Importation.objects.get()
    assert (importation.rapport["lus"], importation.rapport["crees"]) == (1, 1)
    assert importation.par == client.user
    undo = reverse("marches:avis_annuler", kwargs={"pk": importation.pk})
    assert "1 avis" in text(client.get(undo))
    assert "1 avis retiré" in text(client.post(undo, follow=True))
    assert not Avis.objects.exists()
    assert not Lot.objects.exists()
    assert "déjà annulé" in text(client.post(undo, follow=True))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "vide"),
        (b"bonjour", "ni du JSON ni du XML"),
        (b"<a/>", "XML ou une page HTML"),
        (b"<ContractNotice>", "XML valide"),  # begins as a notice
    ],
)
def test_a_bad_file_is_refused_in_french(content, words):
    client = sign_in(Role.ADMINISTRATION)
    file = SimpleUploadedFile("a.xml", content)
    assert words in text(client.post(reverse("marches:import_contrats"), {"fichier": file}, follow=True))
    assert not Avis.objects.exists()


def zipped(**members) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return packed.getvalue()


NOTICE, CONTRACTS = CHAIN[0].read_bytes(), b'{"marches": {"marche": []}}'


@pytest.mark.parametrize(
    ("content", "notices"),
    [
        (NOTICE, True),
        (gzip.compress(NOTICE), True),
        (zipped(a__xml=NOTICE, lisez__txt=b"Avis"), True),
        (b"\xef\xbb\xbf" + NOTICE, True),
        (TED[0].read_bytes(), True),
        (b"<!-- <marches> -->\n<?x?><ANNONCE a='1'/>", True),
        ("<?xml version='1.0' encoding='utf-16'?><TED_EXPORT/>".encode("utf-16"), True),
        (CONTRACTS, False),
        (zipped(a__json=CONTRACTS), False),
        (b"<marches><marche/></marches>", False),
        (b"<ContractNoticeX/>", False),
        (b"", False),
        (b"PK\x03\x04 not an archive", False),
        (b"\x1f\x8b\x08 damaged", False),
        (zipped(**{"[Content_Types]__xml": b"<a/>", "b__xml": NOTICE}), False),  # a workbook
    ],
)
def test_what_a_file_is_its_content_says(content, notices):
    file = io.BytesIO(content)
    assert est_avis(file) is notices
    assert file.tell() == 0


def test_an_archive_of_both_is_refused():
    client = sign_in(Role.ADMINISTRATION)
    file = SimpleUploadedFile("a.zip", zipped(a__xml=NOTICE, b__json=CONTRACTS))
    page = text(client.post(reverse("marches:import_contrats"), {"fichier": file}))
    assert "déposez-les séparément" in page
    assert not Importation.objects.exists()


def test_notices_packed_alone_are_imported_and_listed(client_acheteur):
    client = sign_in(Role.ADMINISTRATION)
    file = SimpleUploadedFile("a.xml.gz", gzip.compress(NOTICE))
    leave(client, file)
    confirm(client)
    assert Avis.objects.count() == 1
    assert "a.xml.gz" in text(client.get(reverse("marches:importations")))
    assert "a.xml.gz" not in text(client_acheteur.get(reverse("marches:importations")))


def test_a_buyer_brings_contracts_not_notices(client_acheteur):
    page = text(client_acheteur.post(reverse("marches:import_contrats"), {"fichier": upload(CHAIN[0])}))
    assert "administration du portail les importe pour tous" in page
    assert not Importation.objects.exists()


def test_the_former_address_leads_to_the_one_page():
    page = sign_in(Role.ADMINISTRATION).get("/marches/avis/importer/")
    assert (page.status_code, page.url) == (301, reverse("marches:import_contrats"))


def test_no_file_is_asked_for():
    client = sign_in(Role.ADMINISTRATION)
    assert "Choisissez un fichier" in text(client.post(reverse("marches:import_contrats")))


def test_many_notices_are_taken_back_in_the_queue(monkeypatch):
    asked = []
    monkeypatch.setattr(actions, "FEW_NOTICES", 0)
    monkeypatch.setattr(type(tasks.annuler_import_avis), "enqueue", lambda task, *given: asked.append(given))
    client = sign_in(Role.ADMINISTRATION)
    import_avis(CHAIN[0])
    importation = Importation.objects.get()
    undo = reverse("marches:avis_annuler", kwargs={"pk": importation.pk})
    assert "Annulation en cours" in text(client.post(undo, follow=True))
    assert Avis.objects.exists()
    assert "déjà annulé" in text(client.post(undo, follow=True))
    assert asked == [(importation.pk,)]
    # An error leaves everything, and the import may be taken back again.
    monkeypatch.setattr(actions, "annuler_avis", lambda importation: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tasks.annuler_import_avis.func(importation.pk)
    page = text(client.get(reverse("pages:importation", kwargs={"pk": importation.pk})))
    assert "Annuler cet import" in page
    monkeypatch.undo()
    monkeypatch.setattr(actions, "FEW_NOTICES", 0)
    assert "1 avis retiré" in text(client.post(undo, follow=True))
    assert not Avis.objects.exists()


def test_a_notice_sent_again_with_a_correction_is_read_again():
    import_avis(CHAIN[0])
    source = SourceAvis.objects.get()
    report = import_avis(io.BytesIO(NOTICE.replace(b"Espaces verts", b"Parcs et jardins")))
    assert (report.mis_a_jour, report.inchanges) == (1, 0)
    assert SourceAvis.objects.count() == 2
    report = import_avis(CHAIN[0])
    assert report.inchanges == 1
    # What was stored with another fingerprint than that of its content has the right one after the migration.
    SourceAvis.objects.exclude(pk=source.pk).delete()
    SourceAvis.objects.update(empreinte='"')
    import_module("marches.migrations.0016_empreintes_des_avis").forwards(apps, None)
    assert SourceAvis.objects.get().empreinte == source.empreinte
    assert import_avis(CHAIN[0]).inchanges == 1
