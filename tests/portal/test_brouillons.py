"""A form sent after its session ended: the text comes back to the same person, in the same page, and is not sent."""

import re
import time

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from portal import brouillons
from portal.permissions import Role
from structures.models import Echange
from tests.conftest import make_organisation_for
from tests.factories import make_membre, make_structure, make_user
from tests.portal.test_layout import check_page, parse

pytestmark = pytest.mark.django_db
TEXT = "Bonjour, pouvez-vous nettoyer 1 200 m² ? « Merci » <b>"
NOTICE = "Votre session avait expiré"


def make_browser(role=Role.ACHETEUR):
    """A browser that checks tokens, where somebody has signed in."""
    user, organisation = make_user(), make_organisation_for(role)
    make_membre(user=user, organisation=organisation, role=role)
    browser = Client(enforce_csrf_checks=True)
    browser.user = user
    browser.force_login(user)
    return browser


@pytest.fixture
def browser(db):
    return make_browser()


@pytest.fixture
def page(db):
    return reverse("structures:echange_nouveau", args=[make_structure(courriel="contact@x.invalid").pk])


def token_of(response) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', response.content.decode())[1]


def opened(browser, page) -> dict:
    """The fields of a form opened by this person, written in."""
    return {"csrfmiddlewaretoken": token_of(browser.get(page)), "sujet": "Devis", "message": TEXT}


def sign_out(browser) -> None:
    Session.objects.all().delete()


def sign_in(browser, user=None) -> None:
    browser.force_login(user or browser.user)


def area(response) -> str:
    return next(iter(parse(response).iter("textarea"))).text or ""


def test_the_text_comes_back_after_sign_in(browser, page):
    fields = opened(browser, page)
    sign_out(browser)
    response = browser.post(page, fields)
    assert response.url == f"{reverse('account_login')}?next={page}"
    sign_in(browser)
    response = browser.get(page)
    assert NOTICE in response.content.decode()
    assert area(response) == TEXT
    assert 'value="Devis"' in response.content.decode()
    check_page(parse(response))
    assert not Echange.objects.exists()  # nothing was sent in their place
    again = browser.post(page, fields | {"csrfmiddlewaretoken": token_of(response)})
    assert again.status_code == 302
    assert Echange.objects.count() == 1
    assert NOTICE not in browser.get(page).content.decode()  # once


def test_through_the_sign_in_page_itself(browser, page):
    """allauth keeps the anonymous session, and the session of somebody signed in does not end within the hour."""
    browser.user.set_password("un long mot de passe")
    browser.user.save()
    browser.user.emailaddress_set.create(email=browser.user.email, verified=True, primary=True)
    browser.force_login(browser.user)
    fields = opened(browser, page)
    sign_out(browser)
    login = browser.get(browser.post(page, fields).url)
    response = browser.post(
        login.request["PATH_INFO"] + "?" + login.request["QUERY_STRING"],
        {"login": browser.user.email, "password": "un long mot de passe", "csrfmiddlewaretoken": token_of(login),
         "next": page},
    )  # fmt: skip
    assert response.url == page
    assert browser.session.get("_session_expiry") != brouillons.KEPT
    assert area(browser.get(page)) == TEXT


def test_signed_in_again_in_another_tab(browser, page):
    """The token of the old page is refused: the form comes back at once, with a token of today."""
    fields = opened(browser, page)
    sign_out(browser)
    browser.cookies["csrftoken"] = "z" * 32  # what signing in elsewhere does
    sign_in(browser)
    response = browser.post(page, fields)
    assert (response.status_code, response.url) == (302, page)
    assert area(browser.get(page)) == TEXT
    assert not Echange.objects.exists()


def test_nobody_else_receives_it(browser, page):
    fields = opened(browser, page)
    sign_out(browser)
    browser.post(page, fields)
    other = make_browser()
    sign_in(browser, other.user)
    assert TEXT not in browser.get(page).content.decode()
    sign_in(browser)
    assert NOTICE not in browser.get(page).content.decode()


def test_a_colleague_signed_in_meanwhile_does_not_receive_it(browser, page):
    fields = opened(browser, page)
    sign_out(browser)
    browser.cookies["csrftoken"] = "z" * 32
    sign_in(browser, make_browser().user)
    assert browser.post(page, fields).status_code == 403
    assert brouillons.SESSION not in browser.session


def test_another_site_puts_no_words_in_a_form(browser, page):
    """Its token was given to nobody here."""
    opened(browser, page)
    stranger = make_browser()
    for token in ("", "x", "a" * 64, token_of(stranger.get(page)), "é" * 64, "-" * 64):
        response = browser.post(page, {"csrfmiddlewaretoken": token, "message": "piège"})
        assert response.status_code == 403
        sign_out(browser)
        response = browser.post(page, {"csrfmiddlewaretoken": token, "message": "piège"})
        assert brouillons.SESSION not in browser.session
        sign_in(browser)
        assert "piège" not in browser.get(page).content.decode()


@pytest.mark.parametrize("cookie", ["", "x.y", "abc.1:sig", "a.b.c:d:e"])
def test_a_forged_memory_is_of_no_use(browser, page, cookie):
    fields = opened(browser, page)
    sign_out(browser)
    browser.cookies[brouillons.COOKIE] = cookie
    browser.post(page, fields)
    sign_in(browser)
    assert NOTICE not in browser.get(page).content.decode()


def test_it_waits_an_hour_and_no_more(browser, page, monkeypatch):
    fields = opened(browser, page)
    sign_out(browser)
    browser.post(page, fields)
    assert browser.session.get_expiry_age() <= brouillons.KEPT
    sign_in(browser)
    now = time.time()
    monkeypatch.setattr(brouillons.time, "time", lambda: now + brouillons.KEPT + 1)
    assert NOTICE not in browser.get(page).content.decode()
    assert brouillons.SESSION not in browser.session


def test_passwords_and_tokens_are_not_kept(browser, page):
    fields = opened(browser, page) | {"password": "secret1", "new_Password2": "secret2", "mot_de_passe": "secret3"}
    sign_out(browser)
    browser.post(page, fields)
    kept = str(browser.session[brouillons.SESSION])
    assert "secret" not in kept
    assert fields["csrfmiddlewaretoken"] not in kept


def test_a_very_long_form_is_not_kept(browser, page, monkeypatch):
    monkeypatch.setattr(brouillons, "LARGEST", 20)
    fields = opened(browser, page)
    sign_out(browser)
    assert browser.post(page, fields).status_code == 302
    assert brouillons.SESSION not in browser.session


def test_a_form_of_another_page_comes_back_in_that_page(browser):
    """A button whose address is no page: the page where it stood is shown again."""
    structure = make_structure()
    page = reverse("structures:detail", args=[structure.pk, "x"])
    response = browser.get(page, follow=True)
    page = response.redirect_chain[-1][0] if response.redirect_chain else page
    address = reverse("structures:favori_ajouter", args=[structure.pk])
    fields = {"csrfmiddlewaretoken": token_of(response), "note": "à rappeler"}
    sign_out(browser)
    response = browser.post(address, fields, headers={"referer": f"http://testserver{page}"})
    assert response.url.endswith(f"?next={page}")
    sign_in(browser)
    assert "à rappeler" in browser.get(page).content.decode()


@pytest.mark.parametrize(
    "referer",
    ["https://ailleurs.invalid/x/", "//ailleurs.invalid/", "javascript:alert(1)", "http://testserver//ailleurs.invalid/",
     "http://testserver/compte/login/", "http://testserver@ailleurs.invalid/", "\\\\ailleurs.invalid"],
)  # fmt: skip
def test_the_way_back_is_always_ours(browser, page, referer):
    fields = opened(browser, page)
    sign_out(browser)
    response = browser.post(page, fields, headers={"referer": referer})
    assert response.url == f"{reverse('account_login')}?next={page}"


def test_a_form_gone_from_its_page_gives_its_text(browser, page):
    fields = opened(browser, page)
    elsewhere = reverse("structures:list")
    sign_out(browser)
    browser.post(page, fields, headers={"referer": f"http://testserver{elsewhere}"})
    sign_in(browser)
    html = browser.get(elsewhere).content.decode()
    assert "le formulaire n’est plus sur cette page" in html
    assert "nettoyer 1 200 m²" in html
    assert "&lt;b&gt;" in html


def test_an_error_page_keeps_it_for_later(browser, page):
    fields = opened(browser, page)
    sign_out(browser)
    browser.post(page, fields)
    sign_in(browser)
    Echange.objects.all().delete()
    assert browser.get("/structures/999999-x/").status_code == 404
    assert area(browser.get(page)) == TEXT


def test_htmx_and_the_sign_in_pages_are_left_alone(browser, page):
    fields = opened(browser, page)
    sign_out(browser)
    browser.post(page, fields, headers={"HX-Request": "true"})
    browser.post(reverse("account_logout"), fields)
    assert brouillons.SESSION not in browser.session


def test_the_memory_of_a_browser_is_short(browser, page):
    for _ in range(brouillons.MOST + 3):
        browser.cookies.pop("csrftoken", None)
        browser.get(page)
    known = browser.cookies[brouillons.COOKIE]
    assert len(known.value.split(":")[0].split()) == brouillons.MOST
    assert known["httponly"]
    assert known["samesite"] == "Lax"
    browser.get(page)
    assert brouillons.COOKIE not in browser.get(page).cookies  # said once


def test_a_visitor_is_remembered_by_nothing(client, db):
    response = client.get(reverse("structures:list"))
    assert brouillons.COOKIE not in response.cookies
