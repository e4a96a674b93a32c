"""Previews of long files: read in the queue, followed, kept until the columns change."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.urls import reverse

from portal.models import Depot, Importation
from structures.actions import essais
from structures.models import Structure
from structures.tasks import essayer_depot
from tests.structures.helpers import make_country
from tests.structures.test_import_pages import B, C, choose, line, upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def country(db):
    return make_country()


@pytest.fixture
def waiting(monkeypatch):
    """Every file is long, and the queue keeps what it is asked."""
    asked = []
    monkeypatch.setattr(essais, "FEW_BYTES", 10)
    monkeypatch.setattr("structures.tasks.essayer_depot", SimpleNamespace(enqueue=lambda *given: asked.append(given)))
    return asked


def preview(client, depot) -> str:
    return client.get(reverse("structures:import_apercu", args=[depot.pk])).content.decode()


def read(asked) -> None:
    depot_id, on, cle = asked[-1]
    essais.run(depot_id, date.fromisoformat(on), cle)


def test_a_long_file_is_read_in_the_queue_then_shown_the_same(country, client_reseau, waiting, monkeypatch):
    lines = [line(), line(siret=B, nom="B"), line(siret="", nom="Sans"), line(siret=C, kind="?")]
    _, depot = upload(client_reseau, *lines)
    choose(client_reseau, depot)
    page = preview(client_reseau, depot)
    assert "En attente de son tour" in page
    assert "Importer</button>" not in page
    depot.refresh_from_db()
    depot.choix["essai"]["lus"] = 1_500
    depot.save()
    assert "1\u202f500 lignes lues" in preview(client_reseau, depot)
    assert len(waiting) == 1  # asked once, however often one looks
    read(waiting)
    kept = preview(client_reseau, depot)
    monkeypatch.setattr(essais, "FEW_BYTES", 10**9)
    at_once = preview(client_reseau, depot)
    main = [text[text.index("<main") : text.index("</main")] for text in (kept, at_once)]
    token = "csrfmiddlewaretoken"
    assert [row for row in main[0].splitlines() if token not in row] == [
        row for row in main[1].splitlines() if token not in row
    ]
    assert "Les Jardins" in kept
    assert not Structure.objects.exists()
    client_reseau.post(reverse("structures:import_confirmer", args=[depot.pk]))
    importation = Importation.objects.get()
    assert (importation.total, importation.rapport["crees"]) == (4, 2)


def test_other_columns_are_read_again(country, client_reseau, waiting):
    _, depot = upload(client_reseau, line())
    choose(client_reseau, depot)
    preview(client_reseau, depot)
    first = waiting[-1]
    choose(client_reseau, depot, nom="")
    preview(client_reseau, depot)
    assert len(waiting) == 2
    essais.run(first[0], date.fromisoformat(first[1]), first[2])  # too late: nothing of it is shown
    assert "En attente" in preview(client_reseau, depot)
    read(waiting)
    assert "pas de nom" in preview(client_reseau, depot)


def test_a_file_gone_or_unreadable_is_told(country, client_reseau, waiting, monkeypatch):
    _, depot = upload(client_reseau, line())
    choose(client_reseau, depot)
    preview(client_reseau, depot)
    monkeypatch.setattr(essais, "run", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        essayer_depot.func(*waiting[-1])
    url = reverse("structures:import_apercu", args=[depot.pk])
    assert "erreur imprévue" in client_reseau.get(url, follow=True).content.decode()
    Depot.objects.all().delete()
    essais.stopped(depot.pk, waiting[-1][2])  # nothing left to say it to
    assert client_reseau.get(url).status_code == 404


def test_only_the_first_details_are_kept(country, client_reseau, waiting, monkeypatch):
    monkeypatch.setattr(essais, "MOST_DETAILS", 2)
    _, depot = upload(client_reseau, *[line(siret="", nom=f"N{rank}") for rank in range(5)], line())
    choose(client_reseau, depot)
    preview(client_reseau, depot)
    read(waiting)
    page = preview(client_reseau, depot)
    assert '<span class="figure-value">5</span><span class="figure-label">mises de côté' in page
    assert "Le tableau en détaille 2" in page
