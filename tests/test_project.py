"""The repository as a whole: migrations, templates, locks, top level."""

import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
OURS = ("portal", "structures", "marches", "clauses")
TOP_LEVEL = {
    ".ci", ".gitignore", "CHANGELOG.md", "Makefile", "README.md", "clauses", "docs", "manage.py", "marches", "portal",
    "pyproject.toml", "requirements.lock", "static", "structures", "templates", "tests",
}  # fmt: skip
# Templates that Django or a library asks for by name.
ASKED_BY_OTHERS = re.compile(
    r"^(?:(?:account|mfa|allauth|usersessions|admin|registration|bootstrap5|django)/|403_csrf\.html$)"
)
NAME = re.compile(r"""["']([\w./-]+\.(?:html|txt|typ|svg|xml))["']""")
FRAGMENT = re.compile(r"""["']([\w./-]+\.html)#[\w-]+["']""")
LOCKS = [ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock"]


def tracked_files() -> list[str]:
    try:
        listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("Ce dossier n'est pas une copie git.")
    return listing.splitlines()


# Migrations ---------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_no_migration_is_missing():
    out = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out, stderr=out)
    except (SystemExit, CommandError):
        pytest.fail(f"Il manque une migration :\n{out.getvalue()}")


# Templates ----------------------------------------------------------------------------------------------------------
def template_names() -> set[str]:
    return {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*") if path.is_file()}


def sources() -> list[Path]:
    return [path for top in OURS for path in (ROOT / top).rglob("*.py") if "migrations" not in path.parts]


def names_asked_for() -> set[str]:
    """Template names written in our Python and in our templates."""
    texts = [path.read_text(encoding="utf-8") for path in sources()]
    texts += [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*") if path.is_file()]
    return {name for text in texts for pattern in (NAME, FRAGMENT) for name in pattern.findall(text)}


def messages_sent() -> set[str]:
    """Names given to `mail.send`."""
    called = re.compile(r"""\bsend\(\s*["']([\w/]+)["']""")
    return {name for path in sources() for name in called.findall(path.read_text(encoding="utf-8"))}


def documents_rendered() -> set[str]:
    """Names given to `render_pdf`, and what documents import of one another."""
    called = re.compile(r"""\brender_pdf\(\s*["']([\w/]+)["']""")
    rendered = {f"pdf/{name}.typ" for path in sources() for name in called.findall(path.read_text(encoding="utf-8"))}
    imported = re.compile(r"""#import "([\w.]+)\"""")
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("pdf/*.typ")]
    return rendered | {f"pdf/{name}" for text in texts for name in imported.findall(text)}


def test_every_template_is_used():
    emails = {f"emails/{name}{end}" for name in messages_sent() for end in (".subject.txt", ".txt", ".html")}
    asked = names_asked_for() | emails | documents_rendered() | {"pdf/base.typ"}
    unused = {name for name in template_names() if name not in asked and not ASKED_BY_OTHERS.match(name)}
    assert unused == set()


def test_every_template_asked_for_exists():
    missing = set()
    for path in [*sources(), *TEMPLATES.rglob("*.html")]:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            text = " ".join(re.findall(r"{%\s*(?:include|extends)\s[^%]*%}", text))
        for pattern in (NAME, FRAGMENT):
            missing |= {name for name in pattern.findall(text) if name.endswith(".html") and not exists(name)}
    assert missing == set()


def exists(name: str) -> bool:
    from django.template import TemplateDoesNotExist

    try:
        get_template(name)
    except TemplateDoesNotExist:
        return False
    return True


def test_every_template_compiles():
    broken = {}
    for name in template_names():
        if name.endswith((".html", ".txt")):
            try:
                get_template(name)
            except Exception as error:
                broken[name] = str(error)
    assert broken == {}


def test_every_message_sent_has_its_texts():
    parts = {f"emails/{name}{end}" for name in messages_sent() for end in (".subject.txt", ".txt")}
    assert parts - template_names() == set()


FORBIDDEN = {
    "attribut style": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "balise style": re.compile(r"<style\b", re.IGNORECASE),
    "script dans la page": re.compile(r"<script\b(?![^>]*\bsrc\s*=)(?![^>]*type=[\"']application/json[\"'])", re.I),
    "gestionnaire d'évènement": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "adresse javascript": re.compile(r"[\"']javascript:", re.IGNORECASE),
    "fichier d'un tiers": re.compile(r"<(?:script|link|img|iframe)\b[^>]*\s(?:src|href)=[\"'](?:https?:)?//", re.I),
    "code évalué par htmx": re.compile(r"\bhx-on|hx-vals=[\"']js:", re.IGNORECASE),
    "texte rendu sans échappement": re.compile(r"{%\s*autoescape off|\|\s*safe\b"),
}


def offences(text: str) -> set[str]:
    return {reason for reason, pattern in FORBIDDEN.items() if pattern.search(text)}


def test_templates_hold_nothing_the_browser_would_refuse():
    found = {
        path.relative_to(ROOT).as_posix(): offences(path.read_text(encoding="utf-8"))
        for path in TEMPLATES.rglob("*.html")
        if "emails" not in path.parts
    }
    assert {name: reasons for name, reasons in found.items() if reasons} == {}


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ('<p style="color: red">', True),
        ("<style>", True),
        ("<script>alert(1)</script>", True),
        ('<script src="/static/x.js" defer></script>', False),
        ('<button onclick="x()">', True),
        ('<a href="javascript:x()">', True),
        ('<script src="https://cdn.exemple.fr/x.js"></script>', True),
        ('<a href="https://exemple.fr/">', False),
        ('<p class="style-guide" data-only="1">', False),
        ("{{ texte|safe }}", True),
        ("{{ texte|safely }}", False),
    ],
)
def test_forbidden_patterns_see_what_they_should(text, seen):
    assert bool(offences(text)) is seen


# Locks --------------------------------------------------------------------------------------------------------------
def requirements(lock: Path) -> dict[str, str]:
    """Requirement lines of a lock (name==version, hashes joined), without comments."""
    text = re.sub(r"\\\n\s*", " ", lock.read_text(encoding="utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    return {re.split(r"[=\s;\[]", line, maxsplit=1)[0].lower(): line for line in lines}


@pytest.mark.parametrize("lock", LOCKS, ids=["runtime", "tests"])
def test_lock_is_pinned_hashed_and_names_no_address(lock):
    lines = requirements(lock)
    assert len(lines) > 20
    assert [line for line in lines.values() if not re.match(r"^[A-Za-z0-9._-]+(\[[\w,-]+\])?==[\w.+!]+\s", line)] == []
    assert [name for name, line in lines.items() if "--hash=sha256:" not in line] == []
    text = lock.read_text(encoding="utf-8")
    assert re.findall(r"https?:|git\+|file:|(?<!\w)--?(?:index|extra|find|trusted|i|f)\b[\w-]*", text) == []


def test_tests_run_on_the_very_versions_that_are_served():
    def versions(lock):
        return {name: set(re.findall(r"==([\w.+!]+)", line.split("--hash")[0])) for name, line in lock.items()}

    runtime, dev = (versions(requirements(lock)) for lock in LOCKS)
    assert {name for name in runtime if dev.get(name) != runtime[name]} == set()


def test_lock_follows_pyproject():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [project["dependencies"], sum(project["optional-dependencies"].values(), project["dependencies"])]
    for lock, dependencies in zip(LOCKS, wanted, strict=True):
        locked = {name.replace("_", "-") for name in requirements(lock)}
        names = {re.split(r"[\[<>=~! ]", line, maxsplit=1)[0].lower().replace("_", "-") for line in dependencies}
        assert names - locked == set()


# Repository ---------------------------------------------------------------------------------------------------------
def test_top_level_holds_what_it_should():
    assert {path.split("/")[0] for path in tracked_files()} - TOP_LEVEL == set()


def test_no_database_nor_collected_file_is_tracked():
    strays = re.compile(r"\.(sqlite3?(-\w+)?|db|pyc|log|env|pem|key)$|^(media|staticfiles|\.venv)/|(^|/)\.env$")
    assert [path for path in tracked_files() if strays.search(path)] == []


def test_tracked_files_stay_small():
    heavy = [path for path in tracked_files() if (ROOT / path).exists() and (ROOT / path).stat().st_size > 2_000_000]
    assert heavy == []


@pytest.mark.parametrize("name", ["CHANGELOG.md", "README.md"])
def test_readme_and_changelog_are_there(name):
    assert (ROOT / name).read_text(encoding="utf-8").startswith("# ")


def test_readme_commands_exist():
    """What the README tells to type is there: make targets and manage.py commands."""
    from django.core.management import get_commands

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", readme)) - targets == set()
    assert set(re.findall(r"manage\.py ([a-z_]+)", readme)) - set(get_commands()) == set()


def test_settings_document_every_variable_they_read():
    """The table at the top of the settings and the README name the same variables as the code."""
    text = (ROOT / "portal" / "settings.py").read_text(encoding="utf-8")
    head, body = text.split('"""')[1], text.split('"""', 2)[2]
    read = set(re.findall(r"""(?:env\.\w+|flag|number)\(\s*"([A-Z_]+)\"""", body))
    assert read
    assert {name for name in read if name not in head} == set()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {name for name in read if f"`{name}`" not in readme} == set()


def test_python_is_recent_enough():
    assert sys.version_info >= (3, 11)
