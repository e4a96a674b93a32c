"""A story from its first words to its publication, by role."""

from datetime import date

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.pages.models import ChiffreCle, Photo, Temoignage
from portal.permissions import Role
from tests.conftest import sign_in
from tests.factories import (
    make_chiffre_cle,
    make_image,
    make_lot,
    make_marche,
    make_organisation,
    make_photo,
    make_structure,
    make_temoignage,
)


def typed(figures=(), **given):
    """What a browser sends for a story and its key figures."""
    usual = {
        "titre": "Onze associations, cent collèges",
        "chapeau": "Un résumé.",
        "corps": "Un **récit**.",
        "fonction_interviewee": "Responsable des achats",
        "date_entretien": "2026-05-04",
        "source": "Entretien",
        "audience": "public",
        "chiffres-TOTAL_FORMS": str(len(figures)),
        "chiffres-INITIAL_FORMS": str(sum(1 for figure in figures if figure.get("id"))),
    }
    for rank, figure in enumerate(figures):
        usual |= {f"chiffres-{rank}-{name}": value for name, value in figure.items()}
    return usual | given


FIGURE = {"libelle": "Heures", "valeur": "1 200", "unite": "h", "periode": "2025", "source": "Bilan"}


def own_story(client, **given):
    return make_temoignage(auteur=client.acteur_organisation, **{"statut": "brouillon", "publie_le": None} | given)


def test_a_story_is_written_read_through_published_and_withdrawn(client_reseau, client):
    structure, lot = make_structure(), make_lot()
    answer = client_reseau.post(
        reverse("pages:temoignage_create"),
        typed([FIGURE], structures=[structure.pk], marches=[lot.marche_id], lots=[lot.pk]),
    )
    story = Temoignage.objects.get()
    assert answer.url == reverse("pages:temoignage_edit", args=[story.pk])
    assert (story.auteur, story.statut) == (client_reseau.acteur_organisation, "brouillon")
    assert list(story.structures.all()) == [structure]
    assert list(story.lots.all()) == [lot]
    assert story.chiffres.get().origine == ChiffreCle.Origine.DECLARE
    assert client.get(story.get_absolute_url()).status_code == 404

    step = reverse("pages:temoignage_publication", args=[story.pk])
    client_reseau.post(step, {"relire": "1"})
    story.refresh_from_db()
    assert story.statut == "relu"
    client_reseau.post(step, {"publier": "1"})
    story.refresh_from_db()
    assert story.statut == "publie"
    assert story.publie_le is not None
    assert client.get(story.get_absolute_url()).status_code == 200
    client_reseau.post(step, {"depublier": "1"})
    story.refresh_from_db()
    assert (story.statut, story.publie_le) == ("brouillon", None)
    assert client.get(story.get_absolute_url()).status_code == 404

    reasons = list(story.history.order_by("history_id").values_list("history_change_reason", flat=True))
    assert reasons == ["creation", "relecture", "publication", "depublication"]
    assert set(story.history.values_list("history_user", flat=True)) == {client_reseau.user.pk}


OWN_PAGES = ["temoignage_edit", "temoignage_photos", "temoignage_apercu", "temoignage_publication", "temoignage_delete"]


@pytest.mark.parametrize("page", OWN_PAGES)
def test_another_network_does_not_reach_it(client_reseau, page):
    story = own_story(client_reseau)
    other = sign_in(Role.RESEAU)
    address = reverse(f"pages:{page}", args=[story.pk])
    assert client_reseau.get(address).status_code == 200
    assert other.get(address).status_code == 404
    assert other.post(address, typed()).status_code == 404
    assert Temoignage.objects.filter(pk=story.pk).exists()


def test_another_network_does_not_reach_its_photos(client_reseau):
    photo = make_photo(temoignage=own_story(client_reseau))
    other = sign_in(Role.RESEAU)
    for page in ("photo_edit", "photo_delete"):
        assert other.post(reverse(f"pages:{page}", args=[photo.temoignage_id, photo.pk])).status_code == 404
    mine = own_story(other)
    assert other.post(reverse("pages:photo_delete", args=[mine.pk, photo.pk])).status_code == 404
    assert Photo.objects.filter(pk=photo.pk).exists()


@pytest.mark.parametrize("role", [Role.ACHETEUR, Role.STRUCTURE, Role.ENTREPRISE, Role.ADMINISTRATION])
def test_another_role_is_told_no(db, role):
    client, story = sign_in(role), make_temoignage()
    for page in ("mes_temoignages", "temoignage_create"):
        assert client.get(reverse(f"pages:{page}")).status_code == 403
    for page in OWN_PAGES:
        assert client.post(reverse(f"pages:{page}", args=[story.pk])).status_code == 403


def test_a_visitor_signs_in_first(client, db):
    assert client.get(reverse("pages:mes_temoignages")).status_code == 302
    assert client.post(reverse("pages:temoignage_create"), typed()).status_code == 302
    assert not Temoignage.objects.exists()


def test_a_chosen_author_is_ignored(client_reseau):
    client_reseau.post(reverse("pages:temoignage_create"), typed(auteur=make_organisation().pk, statut="publie"))
    story = Temoignage.objects.get()
    assert story.auteur == client_reseau.acteur_organisation
    assert story.statut == "brouillon"


def test_a_draft_needs_a_title_only(client_reseau):
    address = reverse("pages:temoignage_create")
    assert client_reseau.post(address, typed(chapeau="", corps="", titre="Idée")).status_code == 302
    answer = client_reseau.post(address, typed(titre="", corps="Un texte déjà long"))
    assert answer.status_code == 200
    assert "Un texte déjà long" in answer.content.decode()
    assert "#id_titre" in answer.content.decode()


def test_nothing_typed_is_lost_when_a_figure_has_no_source(client_reseau):
    structure = make_structure()
    figures = [FIGURE, FIGURE | {"libelle": "Personnes", "source": "", "periode": ""}]
    answer = client_reseau.post(reverse("pages:temoignage_create"), typed(figures, structures=[structure.pk]))
    page = answer.content.decode()
    assert not Temoignage.objects.exists()
    assert "#id_chiffres-1-source" in page
    assert "#id_chiffres-1-periode" in page
    for text in ("Un **récit**.", "Personnes", "Responsable des achats", structure.nom):
        assert text in page


def test_searching_ticks_nothing_saves_nothing_and_blames_nobody(client_reseau):
    chosen, found, other = make_structure(nom="Choisie"), make_structure(nom="Étape verte"), make_structure(nom="Autre")
    answer = client_reseau.post(
        reverse("pages:temoignage_create"),
        typed(
            [FIGURE | {"source": ""}],
            titre="",
            structures=[chosen.pk],
            quelle_structure="etape",
            chercher_structures="1",
        ),
    )
    page = answer.content.decode()
    assert not Temoignage.objects.exists()
    assert f'value="{chosen.pk}" id="structures-{chosen.pk}" checked' in " ".join(page.split())
    assert f'value="{found.pk}" id="structures-{found.pk}"' in " ".join(page.split())
    assert f'id="structures-{found.pk}" checked' not in " ".join(page.split())
    assert other.nom not in page
    assert "form-errors" not in page
    assert "is-invalid" not in page
    assert "Un **récit**." in page


def test_enter_in_a_search_box_searches(client_reseau):
    structure = make_structure(nom="Étape verte")
    address = reverse("pages:temoignage_create")
    page = client_reseau.post(address, typed(quelle_structure="etape")).content.decode()
    assert f'id="structures-{structure.pk}"' in page
    assert not Temoignage.objects.exists()
    client_reseau.post(address, typed(quelle_structure="etape", enregistrer="1"))
    assert Temoignage.objects.exists()


def test_structures_are_found_by_siret_and_not_when_hidden(client_reseau):
    structure, hidden = make_structure(nom="Étape verte"), make_structure(nom="Étape cachée", publiee=False)
    address, identifiant = reverse("pages:temoignage_create"), structure.organisation.identifiant
    spaced = f"{identifiant[:3]} {identifiant[3:6]} {identifiant[6:9]} {identifiant[9:]}"
    for asked in (identifiant, spaced, "ETAPE"):
        page = client_reseau.post(address, typed(quelle_structure=asked, chercher_structures="1")).content.decode()
        assert f'id="structures-{structure.pk}"' in page
        assert f'id="structures-{hidden.pk}"' not in page


@pytest.mark.parametrize("asked", ["\x00", "%", "'", "9" * 40, "?!", " ", "le la", "x" * 500])
def test_odd_searches_answer(client_reseau, asked):
    for box, button in (("quelle_structure", "chercher_structures"), ("quel_marche", "chercher_marches")):
        answer = client_reseau.post(reverse("pages:temoignage_create"), typed(**{box: asked, button: "1"}))
        assert answer.status_code == 200


def test_contracts_are_found_by_reference_and_their_lots_offered(client_reseau):
    lot = make_lot(marche=make_marche(reference="2026-117", objet="Entretien"), objet="Lot des abords")
    address = reverse("pages:temoignage_create")
    page = client_reseau.post(address, typed(quel_marche="2026-117", chercher_marches="1")).content.decode()
    assert f'id="marches-{lot.marche_id}"' in page
    assert "Lot des abords" not in page
    chosen = typed(quel_marche="", chercher_marches="1", marches=[lot.marche_id])
    assert f'id="lot-{lot.pk}"' in client_reseau.post(address, chosen).content.decode()


@pytest.mark.parametrize("bad", ["abc", "9" * 30, "-1", "\x00", "1.5"])
def test_odd_links_never_break(client_reseau, bad):
    for name in ("structures", "marches", "lots"):
        answer = client_reseau.post(reverse("pages:temoignage_create"), typed(**{name: [bad]}))
        assert answer.status_code in {200, 302}


def test_a_link_to_a_hidden_structure_is_refused(client_reseau):
    hidden = make_structure(publiee=False)
    answer = client_reseau.post(reverse("pages:temoignage_create"), typed(structures=[hidden.pk]))
    assert answer.status_code == 200
    assert "cherchez-le de nouveau" in answer.content.decode()
    assert not Temoignage.objects.exists()


@pytest.mark.parametrize("total", ["abc", "", "9" * 30, "-4"])
def test_a_spoilt_count_of_figures_never_breaks(client_reseau, total):
    for button in ({}, {"ajouter_chiffre": "1"}, {"chercher_structures": "1"}):
        data = typed(**button) | {"chiffres-TOTAL_FORMS": total}
        assert client_reseau.post(reverse("pages:temoignage_create"), data).status_code in {200, 302}


def test_a_row_is_added_without_saving(client_reseau):
    answer = client_reseau.post(reverse("pages:temoignage_create"), typed([FIGURE], ajouter_chiffre="1"))
    page = answer.content.decode()
    assert 'name="chiffres-1-libelle"' in page
    assert "1 200" in page
    assert not Temoignage.objects.exists()


def test_figures_keep_their_order_and_may_go(client_reseau):
    story = own_story(client_reseau)
    first = make_chiffre_cle(temoignage=story, libelle="Un", rang=0)
    second = make_chiffre_cle(temoignage=story, libelle="Deux", rang=1)
    rows = [FIGURE | {"id": first.pk, "libelle": "Un", "DELETE": "on"}, FIGURE | {"id": second.pk, "libelle": "Deux"}]
    answer = client_reseau.post(
        reverse("pages:temoignage_edit", args=[story.pk]), typed([*rows, FIGURE | {"libelle": "Trois"}])
    )
    assert answer.status_code == 302
    assert list(story.chiffres.values_list("libelle", flat=True)) == ["Deux", "Trois"]


def test_a_computed_figure_becomes_declared_once_retyped(client_reseau):
    story = own_story(client_reseau)
    figure = make_chiffre_cle(temoignage=story, origine="calcule", valeur="1 200")
    address, row = reverse("pages:temoignage_edit", args=[story.pk]), FIGURE | {"id": figure.pk}
    client_reseau.post(address, typed([row | {"libelle": "Autre mot"}]))
    figure.refresh_from_db()
    assert figure.origine == "calcule"
    client_reseau.post(address, typed([row | {"valeur": "1 300"}]))
    figure.refresh_from_db()
    assert figure.origine == "declare"


def test_a_figure_of_another_story_is_not_touched(client_reseau):
    story, other = own_story(client_reseau), make_chiffre_cle(valeur="7")
    row = FIGURE | {"id": other.pk, "valeur": "8"}
    client_reseau.post(reverse("pages:temoignage_edit", args=[story.pk]), typed([row]))
    other.refresh_from_db()
    assert other.valeur == "7"


def test_publishing_lists_what_is_missing(client_reseau):
    story = own_story(client_reseau, chapeau="", corps=" ")
    make_photo(temoignage=story, texte_alternatif="", credit="")
    step = reverse("pages:temoignage_publication", args=[story.pk])
    for answer in (client_reseau.get(step), client_reseau.post(step, {"publier": "1"})):
        page = answer.content.decode()
        for words in ("résumé est vide", "récit est vide", "Aucun lien", "texte alternatif", "crédit"):
            assert words in page
    story.refresh_from_db()
    assert story.statut == "brouillon"


def test_a_published_story_stays_complete(client_reseau):
    story = own_story(client_reseau, statut="publie", publie_le=date(2026, 5, 4))
    story.structures.add(make_structure())
    answer = client_reseau.post(reverse("pages:temoignage_edit", args=[story.pk]), typed(structures=[]))
    assert answer.status_code == 200
    assert "doit rester complet" in answer.content.decode()
    assert story.structures.count() == 1


def test_the_preview_is_the_public_page(client_reseau, client):
    story = own_story(client_reseau)
    story.structures.add(make_structure(nom="Étape verte"))
    make_photo(temoignage=story)
    make_chiffre_cle(temoignage=story)
    preview = client_reseau.get(reverse("pages:temoignage_apercu", args=[story.pk])).content.decode()
    assert "Aperçu" in preview
    assert "noindex" in preview
    client_reseau.post(reverse("pages:temoignage_publication", args=[story.pk]), {"publier": "1"})
    preview = client_reseau.get(reverse("pages:temoignage_apercu", args=[story.pk])).content.decode()
    public = client.get(story.get_absolute_url()).content.decode()
    assert "Aperçu" not in public
    assert article(preview) == article(public)
    assert "Étape verte" in article(public)


def article(page):
    start = page.index('<article class="story">')
    return page[start : page.index("</article>", start)]


# Pictures -----------------------------------------------------------------------------------------------------------
WORDS = {"texte_alternatif": "Trois salariés taillent une haie", "credit": "Studio"}


def test_a_picture_is_added_replaced_and_deleted_with_its_files(client_reseau, django_capture_on_commit_callbacks):
    story = own_story(client_reseau)
    album = reverse("pages:temoignage_photos", args=[story.pk])
    assert client_reseau.post(album, WORDS | {"fichier": make_image(2000, 1000, "JPEG")}).status_code == 302
    photo = story.photos.get()
    assert (photo.largeur, photo.hauteur) == (1600, 800)
    first = [photo.image.name, photo.vignette.name]
    assert all(default_storage.exists(name) for name in first)

    edit = reverse("pages:photo_edit", args=[story.pk, photo.pk])
    assert client_reseau.post(edit, WORDS | {"credit": "Autre studio"}).status_code == 302
    photo.refresh_from_db()
    assert (photo.image.name, photo.credit) == (first[0], "Autre studio")
    with django_capture_on_commit_callbacks(execute=True):
        client_reseau.post(edit, WORDS | {"fichier": make_image(100, 50)})
    photo.refresh_from_db()
    assert (photo.largeur, photo.hauteur) == (100, 50)
    assert not any(default_storage.exists(name) for name in first)

    last = [photo.image.name, photo.vignette.name]
    with django_capture_on_commit_callbacks(execute=True):
        client_reseau.post(reverse("pages:photo_delete", args=[story.pk, photo.pk]))
    assert not story.photos.exists()
    assert not any(default_storage.exists(name) for name in last)
    reasons = list(story.history.order_by("history_id").values_list("history_change_reason", flat=True))
    assert reasons[1:] == ["photo", "photo", "photo_modifiee", "photo_supprimee"]


@pytest.mark.parametrize("missing", ["texte_alternatif", "credit"])
def test_a_picture_needs_its_words_and_must_be_chosen_again(client_reseau, missing):
    story = own_story(client_reseau)
    data = WORDS | {missing: " ", "fichier": make_image(), "legende": "Une légende à garder"}
    page = client_reseau.post(reverse("pages:temoignage_photos", args=[story.pk]), data).content.decode()
    assert not story.photos.exists()
    assert "choisissez-la de nouveau" in page
    assert "Une légende à garder" in page


@pytest.mark.parametrize("content", [b"un texte", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_a_false_picture_is_refused_in_french(client_reseau, content):
    story = own_story(client_reseau)
    data = WORDS | {"fichier": SimpleUploadedFile("photo.jpg", content, content_type="image/jpeg")}
    page = client_reseau.post(reverse("pages:temoignage_photos", args=[story.pk]), data).content.decode()
    assert "est pas une image JPEG, PNG ou WebP lisible" in page
    assert WORDS["texte_alternatif"] in page
    assert not story.photos.exists()


def test_a_failed_save_leaves_no_file(client_reseau, monkeypatch):
    from portal.pages import actions

    story = own_story(client_reseau)
    written = []
    save = default_storage.save
    monkeypatch.setattr(default_storage, "save", lambda *args, **kw: written.append(save(*args, **kw)) or written[-1])
    monkeypatch.setattr(actions, "_touch", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        client_reseau.post(reverse("pages:temoignage_photos", args=[story.pk]), WORDS | {"fichier": make_image()})
    assert len(written) == 2
    assert not any(default_storage.exists(name) for name in written)
    assert not story.photos.exists()


def test_a_deleted_story_takes_its_files_along(client_reseau, django_capture_on_commit_callbacks):
    story = own_story(client_reseau)
    client_reseau.post(reverse("pages:temoignage_photos", args=[story.pk]), WORDS | {"fichier": make_image()})
    name = story.photos.get().image.name
    assert client_reseau.get(reverse("pages:temoignage_delete", args=[story.pk])).status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        client_reseau.post(reverse("pages:temoignage_delete", args=[story.pk]))
    assert not Temoignage.objects.exists()
    assert not default_storage.exists(name)
    assert Temoignage.history.filter(history_type="-", history_change_reason="suppression").count() == 1


def test_own_list_costs_the_same_for_ten_stories(client_reseau, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    make_photo(temoignage=own_story(client_reseau))
    address = reverse("pages:mes_temoignages")
    with CaptureQueriesContext(connection) as one:
        client_reseau.get(address)
    for _ in range(9):
        make_photo(temoignage=own_story(client_reseau))
    with django_assert_num_queries(len(one)):
        client_reseau.get(address)
