"""A real browser on a live portal. Without Chromium, these tests skip and say so."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
# The rules of WCAG 2.0 to 2.2, levels A and AA, and the good practices that cost nothing.
AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


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
def page(browser, live_server):
    """A page at 1280 px that fails the test on any request to a third party or script error."""
    context = browser.new_context(base_url=live_server.url, locale="fr-FR", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(15_000)
    faults = []
    page.on("pageerror", lambda error: faults.append(f"script : {error}"))
    page.on("request", lambda request: request.url.startswith((live_server.url, "data:", "blob:"))
            or faults.append(f"tiers : {request.url}"))  # fmt: skip
    page.on("console", lambda message: message.type == "error" and faults.append(f"console : {message.text}"))
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def sign_in(page):
    """Sign in through the page, as a person does."""

    def sign(email: str, password: str) -> None:
        page.goto("/compte/login/")
        page.get_by_label("Courriel").fill(email)
        page.get_by_label("Mot de passe").first.fill(password)
        page.keyboard.press("Enter")
        page.wait_for_url("**/tableau-de-bord/")

    return sign


@pytest.fixture
def check(page):
    """Nothing for axe to say, at 1280 px and at 320 px, and no sideways scroll at 320 px."""
    from axe_playwright_python.sync_playwright import Axe

    def look() -> None:
        for width in (1280, 320):
            page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page, options=AXE).response["violations"]
            assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found] == [], f"{page.url} à {width} px"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{page.url} déborde de {overflow} px à 320 px"
        page.set_viewport_size({"width": 1280, "height": 900})

    return look
