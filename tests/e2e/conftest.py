"""A real browser on a live portal. Without Chromium, these tests skip and say so."""

import os
import shutil

import pytest

from tests import factories as make

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
# The rules of WCAG 2.0 to 2.2, levels A and AA, and the good practices that cost nothing.
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}

EVREUX = {"code": "27229", "nom": "Évreux", "nom_tri": "evreux", "latitude": 49.0241, "longitude": 1.1508}
LOUVIERS = {"code": "27375", "nom": "Louviers", "nom_tri": "louviers", "latitude": 49.2128, "longitude": 1.1690}
DIEPPE = {"code": "76217", "nom": "Dieppe", "nom_tri": "dieppe", "latitude": 49.9230, "longitude": 1.0777}


def chromium_path() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(items):
    if chromium_path():
        return
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(
                pytest.mark.skip(reason="Chromium est absent : installez-le ou donnez son chemin (CHROMIUM)")
            )


@pytest.fixture(scope="session", autouse=True)
def synchronous_playwright():
    """Playwright runs an event loop in this thread, where Django would refuse to touch the database."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    yield
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser, live_server):
    """Opens a page at 1280 px for one more person; the test fails on any request to a third party or script error."""
    contexts, faults = [], []

    def open_page():
        context = browser.new_context(
            base_url=live_server.url, locale="fr-FR", viewport={"width": 1280, "height": 900}
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(f"script : {error}"))
        page.on("request", lambda request: request.url.startswith((live_server.url, "data:", "blob:"))
                or faults.append(f"tiers : {request.url}"))  # fmt: skip
        page.on("console", lambda message: message.type == "error" and faults.append(f"console : {message.text}"))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def page(new_page):
    return new_page()


@pytest.fixture
def sign_in(page):
    """Sign in through the page, as a person does; on `page` unless another one is given."""

    def sign(email: str, password: str, on=None) -> None:
        page_ = on or page
        page_.goto("/compte/login/")
        page_.get_by_label("Courriel").fill(email)
        page_.get_by_label("Mot de passe").first.fill(password)
        page_.keyboard.press("Enter")
        page_.wait_for_url("**/tableau-de-bord/")

    return sign


@pytest.fixture
def check(page):
    """Nothing for axe to say, at 1280 px and at 320 px, and no sideways scroll at 320 px."""
    from axe_playwright_python.sync_playwright import Axe

    def look(on=None) -> None:
        page_ = on or page
        for width in (1280, 320):
            page_.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page_, options=AXE).response["violations"]
            assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found] == [], f"{page_.url} à {width} px"
        overflow = page_.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{page_.url} déborde de {overflow} px à 320 px"
        page_.set_viewport_size({"width": 1280, "height": 900})

    return look


@pytest.fixture
def normandie():
    """Three towns: Louviers is 21 km from Évreux, Dieppe 100 km."""
    region = make.make_region(code="28", nom="Normandie")
    eure = make.make_departement(code="27", nom="Eure", region=region)
    seine = make.make_departement(code="76", nom="Seine-Maritime", region=region)
    return [make.make_commune(departement=eure, **EVREUX), make.make_commune(departement=eure, **LOUVIERS),
            make.make_commune(departement=seine, **DIEPPE)]  # fmt: skip
