"""Whatever is sent to a form or an address of this floor: an answer in French or a 404; no crash, no write."""

from itertools import product

import pytest
from django.urls import reverse

from portal.pages.models import Temoignage
from tests.factories import make_image, make_temoignage
from tests.pages.test_writing import FIGURE, own_story, typed

pytestmark = pytest.mark.django_db
HUGE = 10**30
BAD_TEXT = ["a\x00b", "x" * 200_000]
STORY = [
    *(
        (field, bad)
        for field, bad in product(["titre", "chapeau", "corps", "fonction_interviewee", "source"], BAD_TEXT)
    ),
    *(("date_entretien", bad) for bad in ["31/02/2026", "2026-02-31", "10000-01-01", "\x00", HUGE, "hier"]),
    *(("audience", bad) for bad in [*BAD_TEXT, "", "secret"]),
    ("titre", ""),
]


@pytest.mark.parametrize(("field", "bad"), STORY, ids=range(len(STORY)))
def test_a_bad_story_is_not_saved(client_reseau, field, bad):
    answer = client_reseau.post(reverse("pages:temoignage_create"), typed(**{field: bad}))
    assert answer.status_code == 200
    assert not Temoignage.objects.exists()


@pytest.mark.parametrize(("field", "bad"), [*product(FIGURE, BAD_TEXT), ("id", HUGE), ("id", "\x00")])
def test_a_bad_figure_is_not_saved(client_reseau, field, bad):
    answer = client_reseau.post(reverse("pages:temoignage_create"), typed([FIGURE | {field: bad}]))
    assert answer.status_code in {200, 302}
    assert not Temoignage.objects.exists() or field == "id"


@pytest.mark.parametrize(("field", "bad"), [*product(["texte_alternatif", "credit", "legende"], BAD_TEXT)])
def test_a_bad_caption_is_not_saved(client_reseau, field, bad):
    story = own_story(client_reseau)
    data = {"texte_alternatif": "Une haie", "credit": "Moi", "fichier": make_image()} | {field: bad}
    assert client_reseau.post(reverse("pages:temoignage_photos", args=[story.pk]), data).status_code == 200
    assert not story.photos.exists()


@pytest.mark.parametrize(
    "name", ["temoignage_edit", "temoignage_photos", "temoignage_publication", "temoignage_delete"]
)
def test_a_number_beyond_all_is_a_404(client_reseau, name):
    assert client_reseau.post(reverse(f"pages:{name}", args=[HUGE])).status_code == 404


def test_an_unknown_step_of_publication_changes_nothing(client_reseau):
    story = own_story(client_reseau)
    client_reseau.post(reverse("pages:temoignage_publication", args=[story.pk]), {"detruire": "\x00"})
    story.refresh_from_db()
    assert story.statut == "brouillon"


@pytest.mark.parametrize(
    "query",
    [{name: bad} for name, bad in product(["q", "type", "secteur", "departement", "reseau", "page"], ["\x00", HUGE])],
)
def test_a_bad_filter_gets_a_page(client, query):
    make_temoignage()
    assert client.get(reverse("pages:temoignages"), query).status_code == 200
