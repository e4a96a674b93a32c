"""The national lists left on the upload page: known by their columns, tried, dated, imported, taken back."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.models import Depot, Importation
from structures.actions import annulation
from structures.importers import asp
from structures.importers.common import import_file
from structures.models import Activite, Organisation, SourceStructure, Structure
from tests.factories import make_organisation, make_siret, make_structure
from tests.structures.helpers import make_country
from tests.structures.test_importers import ASP, EMPLOIS, ESAT, GEIQ, A, B, asp_line, emplois_line, esat_line

pytestmark = pytest.mark.django_db
GEIQ_LINE = f"GEIQ BTP;1 rue;;CAEN CEDEX 4;14004;7830Z;{A}"
FILES = {
    "asp": (ASP, asp_line(), "liste ASP"),
    "emplois": (EMPLOIS, emplois_line(), "emplois de l&#x27;inclusion"),
    "esat": (ESAT, esat_line(), "FINESS"),
    "geiq": (GEIQ, GEIQ_LINE, "fédération des GEIQ"),
}


@pytest.fixture
def country(db):
    return make_country()


def leave(client, *lines) -> Depot:
    file = SimpleUploadedFile("liste.csv", "\n".join(lines).encode())
    response = client.post(reverse("structures:import_structures"), {"fichier": file})
    depot = Depot.objects.order_by("-pk").first()
    assert response.url == reverse("structures:import_apercu", args=[depot.pk])
    return depot


def preview(client, depot) -> str:
    return client.get(reverse("structures:import_apercu", args=[depot.pk])).content.decode()


def confirm(client, depot) -> Importation:
    client.post(reverse("structures:import_confirmer", args=[depot.pk]))
    return Importation.objects.first()


def counts(importation) -> tuple[int, ...]:
    return tuple(importation.rapport[name] for name in ("lus", "crees", "mis_a_jour", "inchanges"))


@pytest.mark.parametrize("name", FILES)
def test_from_the_list_to_its_taking_back(country, client_administration, name):
    header, line, words = FILES[name]
    depot = leave(client_administration, header, line)
    page = preview(client_administration, depot)
    assert words in page
    assert "structure à créer" in page
    assert not Structure.objects.exists()
    importation = confirm(client_administration, depot)
    assert (importation.format, counts(importation)) == (name, (1, 1, 0, 0))
    structure = Structure.objects.get()
    assert structure.source
    client_administration.post(reverse("structures:importation_annuler", args=[importation.pk]))
    importation.refresh_from_db()
    assert importation.rapport["annulation"]["retirees"] == 1
    assert not Structure.objects.exists()
    assert not Organisation.objects.filter(identifiant=A).exists()


def test_the_page_and_the_command_keep_the_same_records(country, client_administration, tmp_path):
    path = tmp_path / "asp.csv"
    path.write_text(f"{ASP}\n{asp_line()}\n")
    import_file(asp.FORMAT, path)
    importation = confirm(client_administration, leave(client_administration, ASP, asp_line(), asp_line(siret=B)))
    assert counts(importation) == (2, 1, 0, 1)


def test_the_day_of_a_list_may_be_told(country, client_administration):
    depot = leave(client_administration, ASP, asp_line())
    page = preview(client_administration, depot)
    assert "01/07/2019" in page  # that of the last list known, not today
    url = reverse("structures:import_apercu", args=[depot.pk])
    tomorrow = timezone.localdate() + timedelta(days=1)
    for wrong in (tomorrow.isoformat(), "31/02/2020", "\x00", "9" * 400):
        response = client_administration.post(url, {"publie_le": wrong})
        assert (response.status_code, "invalid-feedback" in response.content.decode()) == (200, True), wrong
    assert client_administration.post(url, {"publie_le": "2024-05-02"}).url == url
    confirm(client_administration, depot)
    assert Structure.objects.get().donnees_du.isoformat() == "2024-05-02"


def test_a_list_of_unknown_age_is_not_of_today(country, client_administration):
    depot = leave(client_administration, ESAT, esat_line())
    assert "ne dit pas de quand il est" in preview(client_administration, depot)
    confirm(client_administration, depot)
    assert Structure.objects.get().donnees_du is None


def test_a_network_speaks_for_its_members_alone(country, client_reseau, client_administration):
    confirm(client_administration, leave(client_administration, ASP, asp_line(nom="NOM OFFICIEL")))
    depot = leave(client_reseau, ASP, asp_line(nom="NOM DU RESEAU"))
    assert "lignes de vos adhérents" in preview(client_reseau, depot)
    importation = confirm(client_reseau, depot)
    structure = Structure.objects.get()
    assert structure.reseaux.get().organisation == client_reseau.acteur_organisation
    assert SourceStructure.objects.filter(structure=structure).count() == 2  # the official record is still there
    client_reseau.post(reverse("structures:importation_annuler", args=[importation.pk]))
    structure.refresh_from_db()
    assert (structure.nom, structure.reseaux.count()) == ("NOM OFFICIEL", 0)


def test_columns_may_be_chosen_instead(country, client_administration):
    depot = leave(client_administration, GEIQ, GEIQ_LINE)
    page = client_administration.get(reverse("structures:import_correspondance", args=[depot.pk]))
    assert page.status_code == 200


def test_what_a_list_deduced_goes_with_it(country, client_administration):
    """A card made by hand, then told by a list: its deduced trade and its département of convention leave with it."""
    structure = make_structure(organisation=make_organisation(identifiant=A), kind="EI", nom="Fait main")
    importation = confirm(client_administration, leave(client_administration, ASP, asp_line()))
    structure.refresh_from_db()
    assert (structure.departements_convention, Activite.objects.count()) == ("14", 1)
    client_administration.post(reverse("structures:importation_annuler", args=[importation.pk]))
    structure.refresh_from_db()
    assert (structure.nom, structure.departements_convention, Activite.objects.count()) == ("Fait main", "", 0)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("esatquimper@asso.invalid", True), ("catdelege@asso.invalid", True), ("cat.dampierre@asso.invalid", True),
        ("accueiliris@asso.invalid", True), ("contact@asso.invalid", True), ("dg@asso.invalid", True),
        ("catherine.untel@asso.invalid", False), ("j.martin@asso.invalid", False),
    ],
)  # fmt: skip
def test_addresses_of_people_are_not_kept(country, client_administration, address, kept):
    importation = confirm(client_administration, leave(client_administration, ESAT, esat_line(email=address)))
    assert Structure.objects.get().courriel == (address if kept else "")
    held = str(SourceStructure.objects.get().donnees) + str(importation.rapport)
    assert (address in held) == kept


# Back ---------------------------------------------------------------------------------------------------------------
def sirets(number: int) -> list[str]:
    return [make_siret(nic=nic) for nic in range(300, 300 + number)]


def test_a_long_taking_back_goes_to_the_queue(country, client_administration, monkeypatch):
    importation = confirm(client_administration, leave(client_administration, ASP, asp_line(), asp_line(siret=B)))
    monkeypatch.setattr(annulation, "FEW", 1)
    waiting = []
    queue = SimpleNamespace(enqueue=lambda *given: waiting.append(given))
    monkeypatch.setattr("structures.tasks.annuler_import", queue)
    url = reverse("structures:importation_annuler", args=[importation.pk])
    page = client_administration.post(url, follow=True).content.decode()
    assert "en file" in page
    assert "Annulation en cours" in page
    assert "Annulation en cours" in client_administration.get(reverse("structures:importations")).content.decode()
    assert Structure.objects.count() == 2
    client_administration.post(url)  # asked for again: nothing more
    assert waiting == [(importation.pk, client_administration.user.pk)]
    annulation.run_annulation(*waiting[0])
    assert not Structure.objects.exists()
    annulation.run_annulation(*waiting[0])  # a second run changes nothing
    history = Structure.history.filter(history_type="-")
    assert set(history.values_list("history_user", "history_change_reason")) == {
        (client_administration.user.pk, "import_annule")
    }
    importation.refresh_from_db()
    assert (importation.rapport["annulation"]["retirees"], importation.etat) == (2, Importation.Etat.ANNULEE)


def test_a_taking_back_that_fails_may_be_asked_again(country, client_administration):
    importation = confirm(client_administration, leave(client_administration, ASP, asp_line()))
    importation.rapport |= {annulation.EN_ANNULATION: "x"}
    importation.save()
    assert not annulation.can_be_taken_back(importation)
    annulation.abandonner_annulation(importation.pk)
    importation.refresh_from_db()
    assert annulation.can_be_taken_back(importation)
    assert Structure.objects.count() == 1


def test_taking_back_costs_the_same_for_one_and_twenty(country, client_administration):
    def cost(number):
        lines = [asp_line(siret=siret) for siret in sirets(number)]
        importation = confirm(client_administration, leave(client_administration, ASP, *lines))
        with CaptureQueriesContext(connection) as queries:
            client_administration.post(reverse("structures:importation_annuler", args=[importation.pk]))
        assert not Structure.objects.exists()
        return len(queries)

    histories = 2  # one line for the structure, one for its organisation
    assert cost(20) <= cost(1) + 19 * histories
