"""A form sent after its session ended: what was typed waits in the new session, then comes back in the same page.

The page of a form outlives the session it was made in: two weeks later, or signed out in another tab, the answer would
be the sign-in page and the text would be gone. Instead the fields (never a password, never a file) are kept for an
hour. Once the same person has signed in, the page is shown with its form filled in; nothing is sent in their place.

Whose form it was is told by its own CSRF token. A signed cookie remembers which person each secret was given to, in
this browser: no other site knows such a token, so none can put words into a form, and a colleague who signs in on the
same computer does not receive the text.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import CSRF_TOKEN_LENGTH, _unmask_cipher_token
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme

from portal.remplissage import fill

KEPT = 3_600  # seconds
LARGEST = 256 * 1024  # characters, names and values together
MOST = 4  # persons remembered in one browser
COOKIE, SESSION = "formulaires", "brouillon"
TOKEN = "csrfmiddlewaretoken"
SECRET_WORDS = ("password", "mot_de_passe", "passphrase")
NEVER = ("/compte/", "/arriere-guichet/")  # signing in, and the back office


@dataclass(frozen=True)
class Brouillon:
    """What one person sent to `chemin` from the page `page`; `le` in seconds since 1970."""

    auteur: int
    chemin: str
    page: str
    champs: list[list[str]]  # [name, value], as sent
    le: float

    @classmethod
    def read(cls, saved: Any) -> "Brouillon | None":
        """From the session; None when there is nothing, or nothing recent."""
        try:
            found = cls(**saved) if saved else None
        except TypeError:  # kept by an earlier version
            return None
        return found if found and time.time() - found.le < KEPT else None


class BrouillonMiddleware:
    """After the one that says who is signed in."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "POST" and _asks_to_sign_in(response):
            response = resume(request) or response
        elif request.method == "GET":
            _restore(request, response)
        _remember_author(request, response)
        return response


def resume(request: HttpRequest) -> HttpResponse | None:
    """Keep what a refused form said; the way back to its page, through sign-in when need be. None: nothing to keep."""
    brouillon = _read(request)
    if brouillon is None:
        return None
    signed_in = request.user.is_authenticated
    if signed_in and request.user.pk != brouillon.auteur:
        return None
    request.session[SESSION] = asdict(brouillon)
    if signed_in:
        return HttpResponseRedirect(brouillon.page)
    request.session.set_expiry(KEPT)
    return redirect_to_login(brouillon.page, resolve_url(settings.LOGIN_URL))


def _asks_to_sign_in(response: HttpResponse) -> bool:
    return isinstance(response, HttpResponseRedirect) and urlsplit(response.url).path == resolve_url(settings.LOGIN_URL)


def _read(request: HttpRequest) -> Brouillon | None:
    if request.path.startswith(NEVER) or request.headers.get("HX-Request"):
        return None
    author = _author(request)
    champs = [
        [name, value]
        for name, values in request.POST.lists()
        for value in values
        if name != TOKEN and not any(word in name.lower() for word in SECRET_WORDS)
    ]
    if author is None or not champs or sum(len(name) + len(value) for name, value in champs) > LARGEST:
        return None
    return Brouillon(author, request.path, _page(request), champs, time.time())


def _page(request: HttpRequest) -> str:
    """Where the form stood: the page of ours that the browser names, else the address it was sent to."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    parts = urlsplit(referer) if ours else None
    if parts is None or not parts.path.startswith("/") or parts.path.startswith(("//", *NEVER)):
        return request.path
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _restore(request: HttpRequest, response: HttpResponse) -> None:
    """Fill in the form of this page, when something waits for it; once."""
    saved = request.session.get(SESSION) if request.user.is_authenticated else None
    if saved is None:
        return
    brouillon = Brouillon.read(saved)
    if brouillon is None or brouillon.auteur != request.user.pk:
        del request.session[SESSION]
        return
    html = response.get("Content-Type", "").startswith("text/html") and not response.streaming
    if response.status_code != 200 or not html or request.path != urlsplit(brouillon.page).path:
        return
    del request.session[SESSION]
    response.content = fill(
        response.content.decode(response.charset),
        brouillon.chemin,
        request.path,
        [(name, value) for name, value in brouillon.champs],
        lambda found, lost: render_to_string("includes/_brouillon.html", {"trouve": found, "perdus": lost}),
    )


# Whose form it is -----------------------------------------------------------------------------------------------------
def _mark(secret: str) -> str:
    return salted_hmac("portal.brouillons", secret).hexdigest()[:20]


def _known(request: HttpRequest) -> list[list[str]]:
    """[mark of a CSRF secret, key of the person it was given to], the latest first."""
    written = request.get_signed_cookie(COOKIE, "", salt=__name__)
    return [pair for each in written.split() if len(pair := each.split(".")) == 2]


def _author(request: HttpRequest) -> int | None:
    token = request.POST.get(TOKEN, "")
    if len(token) != CSRF_TOKEN_LENGTH or not (token.isascii() and token.isalnum()):
        return None
    mark = _mark(_unmask_cipher_token(token))
    return next((int(pk) for known, pk in _known(request) if known == mark), None)


def _remember_author(request: HttpRequest, response: HttpResponse) -> None:
    secret = request.META.get("CSRF_COOKIE")
    if not secret or not request.user.is_authenticated:
        return
    mine, known = [_mark(secret), str(request.user.pk)], _known(request)
    if known[:1] == [mine]:
        return
    kept = [mine, *(pair for pair in known if pair[0] != mine[0])][:MOST]
    response.set_signed_cookie(
        COOKIE, " ".join(".".join(pair) for pair in kept), salt=__name__,
        secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
    )  # fmt: skip


def _forget_the_hour(sender, request, **kwargs) -> None:
    """The session of a visitor who waits to sign in ends within the hour; that of a person signed in does not."""
    if request is not None and request.session.get("_session_expiry") == KEPT:
        del request.session["_session_expiry"]


user_logged_in.connect(_forget_the_hour, dispatch_uid="portal.brouillons")
