"""Pictures of a card: reduced, described, ordered, deleted with their files."""

import pytest
from django.urls import reverse
from django.utils import timezone

from structures.actions import edition as actions
from structures.models import PhotoStructure
from tests import factories as make
from tests.structures.edition import fresh, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path


def photos(card):
    return reverse("structures:edition_photos", args=[card.pk])


WORDS = {"texte_alternatif": "Un atelier de couture", "credit": "L'équipe"}


def test_a_picture_is_made_small_and_needs_its_words(client_structure, card):
    response = client_structure.post(photos(card), {"fichier": make.make_image(2_000, 1_000)})
    assert "form-errors" in response.content.decode()
    assert "choisissez-la de nouveau" in response.content.decode()
    client_structure.post(photos(card), WORDS | {"fichier": make.make_image(2_000, 1_000)})
    photo = PhotoStructure.objects.get()
    assert (photo.largeur, photo.hauteur) == (1_600, 800)
    assert photo.vignette
    assert photo.image.name.endswith(".webp")
    assert fresh(card).blocs_saisis.keys() == {"photos"}
    assert fresh(card).history.first().history_change_reason == "photos;photo ajoutée"


def test_a_file_that_is_no_picture_is_refused(client_structure, card):
    from django.core.files.uploadedfile import SimpleUploadedFile

    upload = SimpleUploadedFile("x.png", b"<svg onload=alert(1)>", content_type="image/png")
    assert "form-errors" in client_structure.post(photos(card), WORDS | {"fichier": upload}).content.decode()
    assert not PhotoStructure.objects.exists()


def test_pictures_are_ordered_and_deleted_with_their_files(client_structure, card, media):
    for n in range(3):
        client_structure.post(photos(card), WORDS | {"texte_alternatif": f"photo {n}", "fichier": make.make_image()})
    first, second, third = card.photos.all()

    def act(photo, **button):
        return client_structure.post(
            reverse("structures:edition_photo_action", args=[card.pk, photo.pk]), button
        ).status_code

    assert act(third, avant="1") == 302
    assert list(card.photos.all()) == [first, third, second]
    act(first, avant="1")
    act(second, apres="1")
    act(first)
    assert list(card.photos.all()) == [first, third, second]
    act(first, supprimer="1")
    assert list(card.photos.all()) == [third, second]


def test_deleted_files_go_after_the_commit(client_structure, card, media, django_capture_on_commit_callbacks):
    client_structure.post(photos(card), WORDS | {"fichier": make.make_image()})
    photo = PhotoStructure.objects.get()
    paths = [photo.image.path, photo.vignette.path]
    with django_capture_on_commit_callbacks(execute=True):
        actions.delete_photo(photo, by=client_structure.acteur, on=timezone.localdate())
    from pathlib import Path

    assert not any(Path(path).exists() for path in paths)


def test_pictures_of_others_do_not_exist(client_structure, card):
    other = make.make_photo_structure()
    for name in ("structures:edition_photo", "structures:edition_photo_action"):
        assert client_structure.post(reverse(name, args=[card.pk, other.pk])).status_code == 404


def test_a_dozen_pictures_at_most(client_structure, card):
    for _ in range(12):
        make.make_photo_structure(structure=card)
    client_structure.post(photos(card), WORDS | {"fichier": make.make_image()})
    assert card.photos.count() == 12


def test_the_logo_is_reduced_replaced_and_removed(client_structure, card):
    given = {"description": ""}
    client_structure.post(url(card, "presentation"), given | {"fichier": make.make_image(900, 900)})
    logo = fresh(card).logo
    assert logo.name.startswith("structures/logos/")
    assert logo.storage.exists(logo.name)
    client_structure.post(url(card, "presentation"), given)
    assert fresh(card).logo == logo  # nothing sent: it stays
    client_structure.post(url(card, "presentation"), given | {"retirer_logo": "on"})
    assert not fresh(card).logo
