"""Stories as readers find them: list, page, feed, panels, home; and drafts that nobody finds."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marches.models import Marche
from portal.pages import actions
from portal.panels import panels_for
from portal.permissions import Acteur
from structures.models import Structure
from tests.factories import (
    make_activite,
    make_chiffre_cle,
    make_departement,
    make_lot,
    make_organisation,
    make_photo,
    make_secteur,
    make_structure,
    make_temoignage,
)

VISITOR = Acteur()
LIST = "pages:temoignages"


def page_of(client, address, **query):
    answer = client.get(address, query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def draft(db):
    story = make_temoignage(titre="Un brouillon discret", statut="brouillon", publie_le=None)
    story.structures.add(make_structure())
    story.lots.add(make_lot())
    make_photo(temoignage=story)
    actions.reindex([story.pk])
    return story


@pytest.mark.parametrize("statut", ["brouillon", "relu"])
def test_a_draft_is_found_nowhere(client, client_acheteur, client_reseau, draft, statut):
    draft.statut = statut
    draft.save()
    for reader in (client, client_acheteur, client_reseau):
        for name in (
            "pages:temoignages",
            "pages:accueil",
            "pages:flux",
            "pages:tableau_de_bord",
            "pages:mes_temoignages",
        ):
            assert draft.titre not in reader.get(reverse(name)).content.decode()
        assert draft.titre not in page_of(reader, reverse(LIST), q="discret")
        assert reader.get(draft.get_absolute_url()).status_code == 404
        assert reader.get(reverse("pages:temoignage", args=[draft.pk, "autre"])).status_code == 404
    sitemap = b"".join(client.get(reverse("pages:sitemap")).streaming_content).decode()
    assert draft.slug not in sitemap
    for acteur in (VISITOR, client_acheteur.acteur, client_reseau.acteur):
        assert not stories_in_panels(draft.structures.get(), acteur)
        assert not stories_in_panels(draft.lots.get().marche, acteur)


def stories_in_panels(row, acteur):
    answers = [context for template, context in panels_for(row, acteur) if template == "pages/_temoignages_panel.html"]
    return [story for context in answers for story in context["temoignages"]]


def test_panels_show_published_stories_once(db):
    story, lot = make_temoignage(), make_lot()
    structure = make_structure()
    story.structures.add(structure)
    story.lots.add(lot, make_lot(marche=lot.marche))
    story.marches.add(lot.marche)
    assert stories_in_panels(Structure.objects.get(pk=structure.pk), VISITOR) == [story]
    assert stories_in_panels(Marche.objects.get(pk=lot.marche_id), None) == [story]
    assert not stories_in_panels(make_structure(), VISITOR)


def test_a_wrong_address_leads_to_the_right_one(client, db):
    story = make_temoignage(titre="Été à l'ÉSAT")
    answer = client.get(reverse("pages:temoignage", args=[story.pk, "nimporte-quoi"]))
    assert (answer.status_code, answer.url) == (301, story.get_absolute_url())
    for unknown in ("999999", "9" * 30):
        assert client.get(f"/temoignages/{unknown}-x/").status_code == 404


def test_members_only_stories_send_visitors_to_sign_in(client, client_acheteur):
    story = make_temoignage(titre="Entre nous", audience="adherents")
    story.structures.add(make_structure())
    answer = client.get(reverse("pages:temoignage", args=[story.pk, "autre"]))
    assert answer.status_code == 302
    assert answer.url.startswith("/compte/")
    assert "entre-nous" not in answer.url  # the title is not given away
    assert client_acheteur.get(story.get_absolute_url()).status_code == 200
    for name in ("pages:temoignages", "pages:accueil", "pages:flux"):
        assert "Entre nous" not in client.get(reverse(name)).content.decode()
    assert "Entre nous" in page_of(client_acheteur, reverse(LIST))
    assert not stories_in_panels(story.structures.get(), VISITOR)
    assert stories_in_panels(story.structures.get(), client_acheteur.acteur)


HOSTILE = """<script>alert(1)</script> <img src=x onerror=alert(2)>
[piège](javascript:alert(3)) [autre](data:text/html;base64,AAAA)
![image](https://ailleurs.example/x.png) <a href="https://ok.example" onclick="alert(4)">mot</a>
"""


def test_hostile_text_is_neutralised(client, db):
    story = make_temoignage(corps=HOSTILE, titre='"><script>alert(5)</script>', chapeau='"><script>alert(6)</script>')
    make_chiffre_cle(temoignage=story, libelle="<script>alert(7)</script>", source="<b>gras</b>")
    make_photo(temoignage=story, texte_alternatif='"><script>alert(8)</script>', credit="<script>alert(9)</script>")
    for page in (page_of(client, story.get_absolute_url()), page_of(client, reverse(LIST))):
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert 'href="data:' not in page
        assert "<img src=x" not in page
        assert '<img src="https://ailleurs' not in page
        assert "<b>gras" not in page


def test_the_page_says_all(client, db):
    story = make_temoignage(titre="Onze associations", fictif=True, fonction_interviewee="Responsable des achats")
    structure, lot = make_structure(nom="Étape verte"), make_lot(objet="Lot des abords")
    hidden = make_structure(nom="Cachée", publiee=False)
    story.structures.add(structure, hidden)
    story.lots.add(lot)
    story.marches.add(lot.marche)
    photo = make_photo(temoignage=story, texte_alternatif="Une haie", credit="Studio d'en face")
    make_chiffre_cle(temoignage=story, valeur="1 200", periode="2025", source="Bilan", a_verifier=True)
    make_chiffre_cle(temoignage=story, origine="calcule")
    page = page_of(client, story.get_absolute_url())
    for words in (
        "Responsable des achats", "Étape verte", structure.get_absolute_url(), lot.marche.get_absolute_url(),
        lot.get_absolute_url(), "Une haie", "Studio d&#x27;en face", "1 200", "2025", "Bilan", "À vérifier", "Déclaré",
        "Calculé par le portail", "Données de démonstration",
    ):  # fmt: skip
        assert words in page
    assert "Cachée" not in page
    assert f'<meta property="og:image" content="http://testserver{photo.image.url}">' in page
    assert '<meta property="og:title" content="Onze associations">' in page
    assert f'<meta property="og:url" content="http://testserver{story.get_absolute_url()}">' in page
    assert "Modifier ce témoignage" not in page


def test_words_find_stories_whatever_their_accents(client, db):
    story = make_temoignage(titre="Des collèges entretenus", corps="Espaces verts")
    story.structures.add(make_structure(nom="Étape du Cœur"))
    other = make_temoignage(titre="Autre récit")
    actions.reindex([story.pk, other.pk])
    for asked in ("college", "espace vert", "ETAPE COEUR", "collège espaces"):
        page = page_of(client, reverse(LIST), q=asked)
        assert story.titre in page
        assert other.titre not in page
    assert "Aucun témoignage ne répond" in page_of(client, reverse(LIST), q="introuvable")


def test_filters_by_structure_and_network(client, db):
    departement, family = make_departement(), make_secteur()
    sector = make_secteur(parent=family)
    structure = make_structure(kind="EA", departement=departement)
    make_activite(structure=structure, secteur=sector)
    story = make_temoignage(titre="Le bon récit", auteur=make_organisation(denomination="Réseau choisi"))
    story.structures.add(structure, make_structure(kind="EA", departement=departement))
    other = make_temoignage(titre="Autre récit")
    other.structures.add(make_structure(kind="ACI"))
    for query in (
        {"type": "EA"},
        {"departement": departement.pk},
        {"secteur": family.pk},
        {"reseau": story.auteur_id},
        {"type": "EA", "departement": departement.pk, "secteur": family.pk, "q": ""},
    ):
        page = page_of(client, reverse(LIST), **query)
        assert page.count("Le bon récit") == 1
        assert "Autre récit" not in page


@pytest.mark.parametrize(
    "query",
    [
        {"page": "9" * 31}, {"page": "-1"}, {"page": "abc"}, {"page": "\x00"}, {"q": "\x00"}, {"q": "%_\\'"},
        {"secteur": "9" * 30}, {"departement": "\x00"}, {"reseau": "9" * 30}, {"type": "ZZ"}, {"q": "a" * 5000},
    ],
)  # fmt: skip
def test_bad_questions_get_an_answer(client, db, query):
    make_temoignage()
    assert client.get(reverse(LIST), query).status_code == 200


def test_newest_first_and_pages_keep_the_filters(client, db):
    for month in range(1, 14):
        make_temoignage(titre=f"Récit {month:02}", publie_le=date(2025, 1, month))
    page = page_of(client, reverse(LIST), q="")
    assert page.index("Récit 13") < page.index("Récit 12") < page.index("Récit 03")
    assert "Récit 01" not in page
    assert "page=2" in page
    assert "Récit 01" in page_of(client, reverse(LIST), page=2)


def test_an_empty_list_proposes_the_next_step(client, db):
    assert reverse("structures:list") in page_of(client, reverse(LIST))


@pytest.mark.parametrize("name", ["pages:temoignages", "pages:accueil", "pages:flux"])
def test_pages_cost_the_same_for_many_stories(client, db, name, django_assert_num_queries):
    from django.core.cache import cache

    def tell():
        story = make_temoignage()
        make_photo(temoignage=story)
        make_photo(temoignage=story)
        story.structures.add(make_structure(), make_structure())

    def look():
        cache.clear()
        page_of(client, reverse(name))

    for _ in range(3):
        tell()
    with CaptureQueriesContext(connection) as few:
        look()
    for _ in range(7):
        tell()
    with django_assert_num_queries(len(few)):
        look()


def test_a_story_costs_the_same_with_many_links(client, db, django_assert_num_queries):
    story = make_temoignage()

    def link():
        lot = make_lot()
        story.structures.add(make_structure(departement=make_departement()))
        story.marches.add(lot.marche)
        story.lots.add(lot)
        make_photo(temoignage=story)
        make_chiffre_cle(temoignage=story)

    link()
    with CaptureQueriesContext(connection) as one:
        page_of(client, story.get_absolute_url())
    for _ in range(9):
        link()
    with django_assert_num_queries(len(one)):
        page_of(client, story.get_absolute_url())


def test_the_feed_is_atom(client, db):
    from xml.etree import ElementTree

    story = make_temoignage(titre="Récit & suite", chapeau="Résumé <court>")
    answer = client.get(reverse("pages:flux"))
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    atom = "{http://www.w3.org/2005/Atom}"
    (entry,) = ElementTree.fromstring(answer.content).findall(f"{atom}entry")
    assert entry.find(f"{atom}title").text == "Récit & suite"
    assert entry.find(f"{atom}link").get("href") == f"http://testserver{story.get_absolute_url()}"


def test_robots_sitemap_and_icon(client, db):
    from xml.etree import ElementTree

    story, structure, lot = make_temoignage(), make_structure(nom="Étape & fils"), make_lot()
    hidden = make_structure(publiee=False)
    robots = client.get("/robots.txt").content.decode()
    assert "Sitemap: http://testserver/sitemap.xml" in robots
    assert "Disallow: /tableau-de-bord/" in robots
    content = b"".join(client.get("/sitemap.xml").streaming_content)
    found = {node.text for node in ElementTree.fromstring(content).iter() if node.tag.endswith("loc")}
    for row in (story, structure, lot.marche):
        assert f"http://testserver{row.get_absolute_url()}" in found
    assert f"http://testserver{hidden.get_absolute_url()}" not in found
    assert client.get("/favicon.ico").status_code == 301


@pytest.mark.parametrize("name", ["mentions_legales", "accessibilite", "credits", "donnees_personnelles"])
def test_notices_are_public(client, db, name):
    assert "<h1" in page_of(client, reverse(f"pages:{name}"))


def test_personal_data_says_how_long_the_uses_of_the_directory_are_kept(client, db, settings):
    settings.ECHANGES_JOURS = 183
    page = client.get(reverse("pages:donnees_personnelles")).content.decode()
    for said in ("183 jours", "Listes de structures", "Recherches enregistrées", "Demande pour tenir une fiche",
                 "7 jours", "14 jours", "24 heures"):  # fmt: skip
        assert said in page.replace("\u202f", " "), said
