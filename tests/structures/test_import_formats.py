"""One page for every file of structures: what it is is read in its content, official formats need no columns."""

import gzip
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from portal.models import Depot, Importation
from structures.actions import essais
from structures.actions import importations as actions
from structures.importers import data_inclusion, ea
from structures.importers.common import import_file
from structures.models import Organisation, Reseau, SourceStructure, Structure
from tests.conftest import sign_in
from tests.factories import make_reseau, make_siret
from tests.structures.helpers import make_country

pytestmark = pytest.mark.django_db
A, B = make_siret(nic=81), make_siret(nic=82)
EA_SAMPLE = (Path(__file__).resolve().parents[1] / "data" / "ea.csv").read_bytes()


@pytest.fixture(autouse=True)
def country(db):
    return make_country()


def one(**given):
    return {
        "source": "dora", "id": "dora--1", "nom": "Les Jardins", "date_maj": "2026-03-01", "siret": A,
        "reseaux_porteurs": ["aci"], "code_insee": "14341", "code_postal": "14123", "commune": "Ifs",
    } | given  # fmt: skip


def as_json(*objects) -> bytes:
    return json.dumps(objects, ensure_ascii=False).encode()


def upload(client, content: bytes, name="fichier"):
    response = client.post(reverse("structures:import_structures"), {"fichier": SimpleUploadedFile(name, content)})
    return response, Depot.objects.order_by("-pk").first()


def confirm(client, content: bytes) -> Importation:
    response, depot = upload(client, content)
    assert response.url == reverse("structures:import_apercu", args=[depot.pk])
    client.post(reverse("structures:import_confirmer", args=[depot.pk]))
    return Importation.objects.first()


# What a file is ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "format", "step"),
    [
        (as_json(one()), "data_inclusion", "import_apercu"),
        (b"\xef\xbb\xbf \n" + as_json(one()), "data_inclusion", "import_apercu"),
        (gzip.compress(as_json(one())), "data_inclusion", "import_apercu"),
        (EA_SAMPLE.replace(b"Chantier;ACI", b"Atelier;EA"), "ea", "import_apercu"),
        (EA_SAMPLE, "tableau", "import_correspondance"),  # a line of another kind: it is no list of EA
        (b"SIRET;Raison sociale;Date CPOM\n1;A;\n", "ea", "import_apercu"),
        (f"SIRET;Nom;Type\n{A};A;EATT\n".encode(), "ea", "import_apercu"),
        (f"SIRET;Nom;Type\n{A};A;ACI\n".encode(), "tableau", "import_correspondance"),
        (f"SIRET;Nom EA;Secteurs\n{A};A;Jardinage\n".encode(), "tableau", "import_correspondance"),
        (f"SIRET;Nom\n{A};A\n".encode(), "tableau", "import_correspondance"),
        (b"SIRET;Effectif EA\n1;2\n", "tableau", "import_correspondance"),
    ],
)
def test_a_file_is_known_by_its_content(client_reseau, content, format, step):
    response, depot = upload(client_reseau, content, "sans-extension")
    assert depot.choix["format"] == format
    assert response.url == reverse(f"structures:{step}", args=[depot.pk])


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("structures.json", content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (as_json(one())[:-20], "il s&#x27;arrête avant la fin"),
        (as_json(one(), one())[:-1], "il s&#x27;arrête avant la fin"),
        (b'[{"nom": "A" "siret": 1}]', "ligne 1, caractère 14"),
        (json.dumps([one(nom="Été")], ensure_ascii=False).encode("latin-1"), "enregistrez-le en UTF-8"),
        (zipped(as_json(one())), "archive ZIP"),
        (b"[]", "liste vide"),
        (b"[1, 2]", "schéma des structures"),
        (json.dumps(one()).encode(), "pas une liste de structures"),
        (as_json({"structure_id": "x", "nom": "Service"}), "les services de data·inclusion"),
        (as_json({"id": "1", "nom": "X", "typologie": "ACI"}), "version 0"),
        (b'{"marches": {"marche": []}}', "marchés publics"),
        (as_json({"couleur": "bleu"}), "«\u00a0couleur\u00a0»"),
        (b"\x1f\x8b" + gzip.compress(as_json(one()))[2:-12], "abîmée"),
        (b"[" * 50_000, "JSON"),
        (b"{}", "pas une liste"),
        (b"%PDF-1.4", "document PDF"),
    ],
)
def test_bad_files_say_what_to_do(client_reseau, content, message):
    response, _ = upload(client_reseau, content)
    assert response.status_code == 200
    page = response.content.decode()
    assert message in page
    assert "form-errors" in page
    assert not Importation.objects.exists()


def test_a_bomb_is_refused(client_reseau, monkeypatch):
    monkeypatch.setattr("structures.importers.depots.LARGEST", 1024 * 1024)
    response, _ = upload(client_reseau, gzip.compress(b"[" + b" " * 2 * 1024 * 1024 + b"]"))
    assert "dépasse 1\u00a0Mo" in response.content.decode()


# data·inclusion ------------------------------------------------------------------------------------------------------
def test_from_json_to_the_report_and_back(client_reseau):
    objects = [one(), one(siret=B, nom="Deux", reseaux_porteurs=["ei", "aci", "emmaus"]), one(reseaux_porteurs=["x"])]
    response, depot = upload(client_reseau, as_json(*objects), "structures.json")
    before = (Structure.objects.count(), Organisation.objects.count(), Reseau.objects.count())
    page = client_reseau.get(response.url).content.decode()
    assert "Étape 2 sur 2" in page
    assert "aucun type de structure inclusive" in page
    assert "Les autres réseaux que le fichier nomme ne sont pas repris" in page
    assert (Structure.objects.count(), Organisation.objects.count(), Reseau.objects.count()) == before
    foreseen = essais.essayer(depot, timezone.localdate()).report
    response = client_reseau.post(reverse("structures:import_confirmer", args=[depot.pk]))
    importation = Importation.objects.get()
    done = importation.rapport
    assert response.url == reverse("pages:importation", args=[importation.pk])
    assert importation.format == "data_inclusion"
    assert (foreseen.lus, foreseen.crees, len(foreseen.ecartes)) == (4, 3, 1)
    assert (done["lus"], done["crees"], len(done["ecartes"])) == (4, 3, 1)
    assert "etape" not in done
    structure = Structure.objects.get(nom="Les Jardins")
    assert (structure.kind, structure.commune_id, structure.organisation.identifiant) == ("ACI", "14341", A)
    assert {each.organisation for each in Reseau.objects.filter(structures__nom="Deux")} == {
        client_reseau.acteur_organisation
    }
    page = client_reseau.get(response.url).content.decode()
    assert "Annuler cet import" in page
    listed = client_reseau.get(reverse("structures:importations")).content.decode()
    assert "data·inclusion" in listed
    client_reseau.post(reverse("structures:importation_annuler", args=[importation.pk]))
    assert not Structure.objects.filter(nom__in=["Les Jardins", "Deux"]).exists()


def test_networks_of_the_file_come_and_go_with_the_administration(client_administration):
    importation = confirm(client_administration, as_json(one(reseaux_porteurs=["aci", "emmaus"])))
    assert Structure.objects.get(nom="Les Jardins").reseaux.get().slug == "emmaus"
    client_administration.post(reverse("structures:importation_annuler", args=[importation.pk]))
    assert not Reseau.objects.filter(slug="emmaus").exists()


def test_a_network_that_others_use_stays(client_administration):
    kept = make_reseau(nom="Emmaüs", slug="emmaus")
    importation = confirm(client_administration, as_json(one(reseaux_porteurs=["aci", "emmaus"])))
    client_administration.post(reverse("structures:importation_annuler", args=[importation.pk]))
    assert Reseau.objects.filter(pk=kept.pk).exists()


def test_a_network_never_replaces_what_the_official_file_said(client_reseau, tmp_path):
    path = tmp_path / "structures.json"
    path.write_bytes(as_json(one(nom="Nom officiel", date_maj=timezone.localdate().isoformat())))
    import_file(data_inclusion.FORMAT, path)
    importation = confirm(client_reseau, as_json(one(nom="Nom du réseau", date_maj="2099-01-01")))
    structure = Structure.objects.get()
    assert SourceStructure.objects.filter(format="data_inclusion").count() == 2
    today = timezone.localdate()
    assert set(SourceStructure.objects.values_list("publie_le", flat=True)) == {today}  # nobody speaks of tomorrow
    client_reseau.post(reverse("structures:importation_annuler", args=[importation.pk]))
    structure.refresh_from_db()
    assert structure.nom == "Nom officiel"
    assert not structure.reseaux.exists()


def test_the_administration_goes_on_with_the_official_records(client_administration, tmp_path):
    path = tmp_path / "structures.json"
    path.write_bytes(as_json(one()))
    import_file(data_inclusion.FORMAT, path)
    importation = confirm(client_administration, as_json(one()))
    assert (importation.rapport["crees"], importation.rapport["inchanges"]) == (0, 1)


def test_typed_names_stay(client_reseau):
    confirm(client_reseau, as_json(one()))
    Structure.objects.update(nom="Saisi", champs_saisis=["nom"])
    confirm(client_reseau, as_json(one(nom="Autre", telephone="0231000000")))
    structure = Structure.objects.get()
    assert (structure.nom, structure.telephone) == ("Saisi", "0231000000")


def test_another_organisation_is_told_again(client_reseau):
    """Whoever acts for another organisation meanwhile imports on behalf of that one."""
    _, depot = upload(client_reseau, as_json(one()))
    Depot.objects.update(choix=depot.choix | {"organisation": 0, "reseau": ""})
    response = client_reseau.get(reverse("structures:import_apercu", args=[depot.pk]), follow=True)
    assert response.redirect_chain[-1][0] == reverse("structures:import_apercu", args=[depot.pk])
    depot.refresh_from_db()
    assert depot.choix["organisation"] == client_reseau.acteur_organisation.pk


# Lists of EA ---------------------------------------------------------------------------------------------------------
EA_LIST = (
    f"N° SIRET;Dénomination sociale;Type EA;CP;Commune;Fin du CPOM;Responsable\n"
    f"{A};Ateliers du Port;EA;14000;CAEN;31/12/2027;Mme Untelle\n"
    f"{B};Intérim Adapté;;27000;Évreux;;\n"
    ";Sans numéro;EATT;;;;\n"
).encode()


def test_a_list_of_ea_needs_no_columns(client_reseau):
    response, depot = upload(client_reseau, EA_LIST)
    page = client_reseau.get(response.url).content.decode()
    assert "reconnu une liste d’entreprises adaptées" in page
    assert "Ligne sans SIRET" in page
    assert not Structure.objects.filter(kind="EA").exists()
    client_reseau.post(reverse("structures:import_confirmer", args=[depot.pk]))
    done = Importation.objects.get()
    assert (done.format, done.rapport["crees"], len(done.rapport["ecartes"])) == ("ea", 2, 1)
    first = Structure.objects.get(nom="Ateliers du Port")
    assert (first.kind, first.commune_id, first.convention_fin) == ("EA", "14118", date(2027, 12, 31))
    assert first.reseaux.get().organisation == client_reseau.acteur_organisation
    assert "Untelle" not in str(list(SourceStructure.objects.values_list("donnees", flat=True)))


def test_a_list_of_ea_may_be_read_as_a_free_table(client_reseau):
    _, depot = upload(client_reseau, EA_LIST)
    address = reverse("structures:import_correspondance", args=[depot.pk])
    assert client_reseau.get(address).status_code == 200
    answers = {"siret": "N° SIRET", "nom": "Dénomination sociale", "kind_defaut": "ESAT"}
    client_reseau.post(address, answers)
    depot.refresh_from_db()
    assert depot.choix["format"] == "tableau"
    client_reseau.post(reverse("structures:import_confirmer", args=[depot.pk]))
    assert set(Structure.objects.filter(nom__contains="Ateliers").values_list("kind", flat=True)) == {"ESAT"}


def test_kinds_written_in_full_are_read():
    headers = ["SIRET", "Nom", "Statut"]
    assert ea.is_list(headers, lambda column: ["Entreprise adaptée", "", "Entreprise adaptée de travail temporaire"])
    assert not ea.is_list(headers, lambda column: ["Entreprise adaptée", "Chantier d'insertion"])
    assert not ea.is_list(headers, lambda column: ["", ""])


# Progress ------------------------------------------------------------------------------------------------------------
def test_a_long_import_says_how_far_it_is(client_reseau, monkeypatch):
    seen = []
    monkeypatch.setattr("structures.importers.depots.STEP", 2)
    monkeypatch.setattr(actions, "import_fiches", lambda *args, **more: seen.append(page()))

    def page():
        importation = Importation.objects.get()
        return client_reseau.get(reverse("pages:importation", args=[importation.pk])).content.decode()

    real = actions._say
    said = []
    monkeypatch.setattr(actions, "_say", lambda row, step, read: (said.append((step, read)), real(row, step, read)))
    _, depot = upload(client_reseau, as_json(*[one(siret=make_siret(nic=nic)) for nic in range(100, 105)]))
    with pytest.raises(ValueError, match="comptés"):  # nothing was written by our stand-in
        client_reseau.post(reverse("structures:import_confirmer", args=[depot.pk]))
    assert said == [("lecture", 0), ("lecture", 2), ("lecture", 4), ("ecriture", 5)]
    assert "Enregistrement des structures" in seen[0]
    assert 'data-hx-trigger="every 4s"' in seen[0]
    assert "Annuler cet import" not in seen[0]


@pytest.mark.parametrize(("etape", "words"), [("attente", "En attente de son tour"), ("lecture", "500 sur 1 200 lus")])
def test_each_step_has_its_words(client_reseau, etape, words):
    importation = Importation.objects.create(
        format="ea", fichier="x",
        total=1200, position=500,
        rapport={"organisation": client_reseau.acteur_organisation.pk, "etape": etape},
    )  # fmt: skip
    page = client_reseau.get(reverse("pages:importation", args=[importation.pk])).content.decode()
    assert words in page.replace("\u202f", " ").replace("\xa0", " ")
    assert "n’a pas laissé de compte rendu" not in page


def test_an_unforeseen_error_is_told_and_writes_nothing(client_reseau, monkeypatch):
    from structures import tasks

    _, depot = upload(client_reseau, as_json(one()))
    importation = Importation.objects.create(
        format="data_inclusion", fichier="x",
        rapport={"organisation": client_reseau.acteur_organisation.pk, "etape": "attente"},
    )  # fmt: skip
    monkeypatch.setattr(actions, "import_fiches", lambda *args, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        tasks.import_depot.func(importation.pk, depot.pk)
    importation.refresh_from_db()
    assert importation.terminee_le
    page = client_reseau.get(reverse("pages:importation", args=[importation.pk])).content.decode()
    assert "erreur imprévue" in page
    assert not Structure.objects.filter(nom="Les Jardins").exists()


def test_others_see_neither_file_nor_import(client_reseau):
    importation = confirm(client_reseau, as_json(one()))
    _, depot = upload(client_reseau, as_json(one(siret=B)))
    other = sign_in(client_reseau.acteur.role)
    assert other.get(reverse("structures:import_apercu", args=[depot.pk])).status_code == 404
    assert other.get(reverse("pages:importation", args=[importation.pk])).status_code == 404
    Depot.objects.update(cree_le=timezone.now() - timedelta(days=2))
    assert client_reseau.get(reverse("structures:import_apercu", args=[depot.pk])).status_code == 404
