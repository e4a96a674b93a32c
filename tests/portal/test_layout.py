"""What every page shares: landmarks, navigation, messages, error pages, and a content policy that pages respect."""

import re
from pathlib import Path
from types import SimpleNamespace

import brotli
import html5lib
import pytest
from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse

from portal import views
from portal.navigation import navigation
from portal.pagination import paginate
from portal.permissions import Acteur, Role
from portal.verdict import Verdict
from tests.factories import make_membre, make_organisation, make_user

HEADING = re.compile("h[1-6]")
SVG = "{http://www.w3.org/2000/svg}"


def parse(response_or_html):
    html = response_or_html if isinstance(response_or_html, str) else response_or_html.content.decode()
    return html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)


def text_of(element) -> str:
    return " ".join("".join(element.itertext()).split())


def menu_of(tree) -> dict[str, str]:
    """Label → address of the main navigation."""
    nav = tree.find(".//nav[@id='menu']")
    return {text_of(link): link.get("href") for link in nav.iter("a")}


def check_page(tree):
    """What holds on every page of ours."""
    assert tree.get("lang") == "fr"
    assert len(tree.findall(".//main")) == 1
    assert tree.find(".//main").get("id") == "contenu"
    assert len(tree.findall(".//h1")) == 1
    levels = [
        int(element.tag[1]) for element in tree.find(".//main").iter() if re.fullmatch("h[1-6]", str(element.tag))
    ]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False)), levels
    title = text_of(tree.find(".//title"))
    assert title.endswith(" – Portail des achats socialement responsables")
    assert len(title) > len(" – Portail des achats socialement responsables")
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    check_nothing_inline(tree)


def check_nothing_inline(tree):
    """No style, no script, no handler in the page, and nothing fetched elsewhere: the content policy forbids them."""
    assert not tree.findall(".//style")
    for script in tree.iter("script"):
        assert script.get("src") or script.get("type") == "application/json"
    for element in tree.iter():
        assert element.get("style") is None, element.attrib
        assert not [name for name in element.attrib if isinstance(name, str) and name.startswith("on")], element.attrib
        address = element.get("src") or (element.get("href") if element.tag in {"link", f"{SVG}use"} else None)
        if address:
            assert address.startswith(("/", "data:", "#")), address
            assert not address.startswith("//"), address


PUBLIC = ["account_login", "account_signup", "account_reset_password", "account_request_login_code"]
STATIC = ["pages:mentions_legales", "pages:accessibilite", "pages:donnees_personnelles", "pages:credits"]
SIGNED_IN = ["account_email", "account_change_password", "account_logout", "mfa_index", "usersessions_list"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", PUBLIC + STATIC)
def test_public_pages(client, name):
    response = client.get(reverse(name))
    assert response.status_code == 200
    check_page(parse(response))


@pytest.mark.parametrize("name", SIGNED_IN)
def test_account_pages(client_facilitateur, name):
    response = client_facilitateur.get(reverse(name))
    assert response.status_code == 200
    check_page(parse(response))


def test_skip_links_lead_somewhere(client, db):
    tree = parse(client.get(reverse("account_login")))
    targets = [link.get("href") for link in tree.find(".//nav[@class='skip-links']").iter("a")]
    assert targets == ["#contenu", "#menu", "#pied"]
    ids = {element.get("id") for element in tree.iter()}
    assert {target[1:] for target in targets} <= ids


def test_footer_leads_to_what_the_law_asks(client, db):
    footer = parse(client.get(reverse("account_login"))).find(".//footer")
    assert [link.get("href") for link in footer.iter("a")][-4:] == [
        reverse("pages:mentions_legales"),
        reverse("pages:accessibilite"),
        reverse("pages:donnees_personnelles"),
        reverse("pages:credits"),
    ]
    assert "partiellement conforme" in text_of(footer)


def test_visitor_sees_the_public_entries_and_the_door(client, db):
    tree = parse(client.get(reverse("account_login")))
    assert "Structures" in menu_of(tree)
    assert "Participants" not in menu_of(tree)
    assert "Se connecter" in text_of(tree.find(".//header"))
    assert "Se déconnecter" not in text_of(tree.find(".//header"))


def test_navigation_follows_the_role(client_facilitateur, client_reseau):
    page = reverse("account_change_password")
    facilitateur, reseau = (menu_of(parse(client.get(page))) for client in (client_facilitateur, client_reseau))
    assert "Participants" in facilitateur
    assert "Participants" not in reseau
    assert "Mes témoignages" in reseau
    assert "Mes témoignages" not in facilitateur


@pytest.mark.parametrize(
    "path", ["/structures/importer/", "/structures/importations/", "/structures/importer/3/apercu/"]
)
def test_imports_are_in_one_entry(path):
    request = RequestFactory().get(path)
    request.acteur, request.membres = Acteur(None, None, Role.RESEAU), SimpleNamespace(membres=[])
    marked = [lien.libelle for lien, is_current in navigation(request)["liens"] if is_current]
    assert marked == ["Importer des structures"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/structures/", "Structures"), ("/structures/12-les-jardins/", "Structures"),
        ("/structures/12/modifier/", "Ma fiche"), ("/structures/12/modifier/activites/ajouter/", "Ma fiche"),
        ("/structures/12/historique/", "Ma fiche"), ("/structures/ma-fiche/", "Ma fiche"), ("/credits/", None),
    ],
)  # fmt: skip
def test_the_entry_one_is_in_is_marked(path, current):
    request = RequestFactory().get(path)
    request.acteur, request.membres = Acteur(None, None, Role.STRUCTURE), SimpleNamespace(membres=[])
    marked = [lien.libelle for lien, is_current in navigation(request)["liens"] if is_current]
    assert marked == ([current] if current else [])


def test_header_says_for_whom_one_acts(client_acheteur):
    header = parse(client_acheteur.get(reverse("account_change_password"))).find(".//header")
    assert client_acheteur.acteur_organisation.nom in text_of(header)
    assert Role.ACHETEUR.label in text_of(header)
    assert "Agir pour une autre organisation" not in text_of(header)
    actions = {form.get("action"): form.get("method") for form in header.iter("form")}
    assert actions == {reverse("account_logout"): "post"}


def test_header_offers_the_other_memberships(client_acheteur):
    last = make_organisation(denomination="Zone du lac")
    other = make_membre(user=client_acheteur.user, organisation=last, role=Role.FACILITATEUR)
    header = parse(client_acheteur.get(reverse("account_change_password"))).find(".//header")
    form = header.find(f".//form[@action='{reverse('structures:agir')}']")
    assert form.find("input[@name='csrfmiddlewaretoken']").get("value")
    buttons = {button.get("value"): button.get("aria-current") for button in form.iter("button")}
    assert buttons[str(other.pk)] is None
    assert sorted(buttons.values(), key=str) == [None, "true"]


def test_account_without_organisation(client, db):
    user = make_user()
    client.force_login(user)
    header = parse(client.get(reverse("account_change_password"))).find(".//header")
    assert user.email in text_of(header)


def test_content_policy_is_strict(client, db):
    policy = client.get(reverse("account_login"))["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_styles_and_scripts_are_light():
    """Everything a first visit downloads besides its page, compressed."""
    names = ["bootstrap/css/bootstrap.min.css", "css/portal.css", "django_htmx/htmx-2.min.js"]
    files = [Path(finders.find(name)).read_bytes() for name in names]
    assert sum(len(brotli.compress(content)) for content in files) < 60_000


# Errors -------------------------------------------------------------------------------------------------------------
def test_not_found(client, db):
    response = client.get("/cette-page-n-existe-pas/")
    assert response.status_code == 404
    tree = parse(response)
    check_page(tree)
    assert reverse("structures:list") in [link.get("href") for link in tree.find(".//main").iter("a")]


def test_forbidden_says_why(client_acheteur):
    request = client_acheteur.get(reverse("account_change_password")).wsgi_request
    response = views.forbidden(request, PermissionError("Cette page est ouverte aux profils suivants\u00a0: réseau."))
    assert response.status_code == 403
    tree = parse(response)
    check_page(tree)
    assert "profils suivants : réseau" in text_of(tree.find(".//main"))
    assert client_acheteur.acteur_organisation.nom in text_of(tree.find(".//main"))


@pytest.mark.parametrize(("view", "status"), [("bad_request", 400), ("csrf_failure", 403), ("not_found", 404)])
def test_errors_raised_before_anyone_is_known(view, status):
    """No session, no user, no acteur on the request, and no database either."""
    response = getattr(views, view)(RequestFactory().get("/"), "raison technique")
    assert response.status_code == status
    check_page(parse(response))
    assert "raison technique" not in response.content.decode()


def test_bad_host_gets_our_page(client, db, settings):
    settings.ALLOWED_HOSTS = ["portail.exemple.fr"]
    response = client.get("/", headers={"host": "ailleurs.exemple"})
    assert response.status_code == 400
    check_page(parse(response))


def test_expired_form(db):
    response = Client(enforce_csrf_checks=True).post(reverse("account_login"), {"login": "x"})
    assert response.status_code == 403
    assert "formulaire a expiré" in response.content.decode()


def test_server_error_needs_nothing(monkeypatch):
    """Neither database, nor context processor, nor collected files."""

    def missing(path):
        raise ValueError(f"Missing staticfiles manifest entry for '{path}'")

    response = views.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    check_page(parse(response))
    assert "css/portal" in response.content.decode()

    monkeypatch.setattr(views, "static", missing)
    bare = views.server_error(RequestFactory().get("/"))
    assert bare.status_code == 500
    check_page(parse(bare))
    assert "stylesheet" not in bare.content.decode()


# Includes -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("level", "word"),
    [
        (constants.ERROR, "Erreur"),
        (constants.WARNING, "Attention"),
        (constants.SUCCESS, "C’est fait"),
        (constants.INFO, "Information"),
    ],
)
def test_messages_have_an_icon_and_a_word(level, word):
    html = render_to_string("includes/_messages.html", {"messages": [Message(level, "Le <lot> est là.")]})
    assert word in html
    assert "<svg" in html
    assert "Le &lt;lot&gt; est là." in html


def test_page_links_keep_the_filters():
    request = RequestFactory().get("/", {"q": "linge & cie", "page": "2", "secteur": ["a", "b"]})
    page = paginate(list(range(100)), request)
    html = render_to_string("includes/_pagination.html", {"page": page}, request=request)
    links = [link.get("href") for link in parse(html).iter("a")]
    assert "?q=linge+%26+cie&page=3&secteur=a&secteur=b" in links
    assert all("q=linge" in link for link in links)
    assert text_of(parse(html).find(".//a[@aria-current='page']")) == "Page 2"


def test_page_links_of_a_second_list_use_its_parameter():
    request = RequestFactory().get("/", {"page": "4", "lots": "2"})
    page = paginate(list(range(100)), request, parameter="lots")
    html = render_to_string("includes/_pagination.html", {"page": page}, request=request)
    assert "?page=4&lots=3" in [link.get("href") for link in parse(html).iter("a")]


def test_one_page_has_no_links():
    request = RequestFactory().get("/")
    page = paginate([1, 2], request)
    assert "<nav" not in render_to_string("includes/_pagination.html", {"page": page}, request=request)


def test_verdict_says_what_why_and_what_next():
    verdict = Verdict.blocage("Ce lot est réservé.", source="L. 2113-12", remede="Choisissez un autre lot.")
    html = render_to_string("includes/_verdict.html", {"verdict": verdict})
    for expected in (
        "notice-blocage",
        "Blocage",
        "Ce lot est réservé.",
        "L.\xa02113-12",
        "Choisissez un autre lot.",
        "<svg",
    ):
        assert expected in html
    assert "notice" not in render_to_string("includes/_verdict.html", {"verdict": Verdict.ok()})


@pytest.mark.parametrize(
    ("done", "due", "share"),
    [(50, 200, "25 %"), (0, 200, "0 %"), (None, 200, "0 %"), (5, 0, "sur 0 h")],
)
def test_progress_is_written_as_well_as_drawn(done, due, share):
    html = render_to_string("includes/_progress.html", {"done": done, "due": due, "expected": 0.4, "label": "Heures"})
    words = text_of(parse(html).find(".//p[@class='progress-words']"))
    assert words.endswith(share)
    assert "40\u202f% attendus" in html
    assert "<svg" in html


def test_form_errors_link_to_their_fields():
    class Form(forms.Form):
        nom = forms.CharField(label="Nom")

    html = render_to_string("includes/_form_errors.html", {"form": Form({})})
    link = parse(html).find(".//a")
    assert (link.get("href"), text_of(link)) == ("#id_nom", "Nom")
    assert "1 point à corriger" in html
    assert render_to_string("includes/_form_errors.html", {"form": Form()}).strip() == ""
