"""The settings refuse what is wrong in one line, and protect a public site."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "k" * 32 + "-0123456789-abcdefghijklmnop-ABCDEFG"
PUBLIC = {
    "PORTAL_HOSTS": "portail.exemple.fr, www.exemple.fr",
    "PORTAL_SECRET_KEY": KEY,
    "PORTAL_HTTPS": "1",
    "DATABASE_URL": "postgres://portail:secret@base.exemple.fr:5432/portail",
    "EMAIL_URL": "smtp+tls://compte:secret@courrier.exemple.fr:587",
}


def run(code: str, **variables: str) -> subprocess.CompletedProcess:
    """Run Python code in a new process, with nothing of ours in the environment but `variables`."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "SYSTEMROOT"}}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=kept | {"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )


def read(names: str, **variables: str) -> dict:
    """Settings as a process with this environment sees them."""
    code = f"import json, portal.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names.split()!r}}}))"
    done = run(code, **variables)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("named", "variables"),
    [
        ("DATABASE_URL", {"DATABASE_URL": "n'importe quoi"}),
        ("DATABASE_URL", {"DATABASE_URL": "mysql://compte:secret@hote/base"}),
        ("DATABASE_URL", {"DATABASE_URL": "postgres://compte:secret@hote:port/base"}),
        ("DATABASE_URL", {"DATABASE_URL": ""}),
        ("PORTAL_SECRET_KEY", {"PORTAL_HOSTS": "portail.exemple.fr"}),
        ("PORTAL_SECRET_KEY", PUBLIC | {"PORTAL_SECRET_KEY": "trop-courte"}),
        ("PORTAL_HOSTS", PUBLIC | {"PORTAL_HOSTS": "https://portail.exemple.fr/"}),
        ("PORTAL_HOSTS", PUBLIC | {"PORTAL_HOSTS": "*"}),
        ("PORTAL_HTTPS", PUBLIC | {"PORTAL_HTTPS": "oui"}),
        ("PORTAL_DEBUG", {"PORTAL_DEBUG": "2"}),
        ("PORTAL_PROXIES", PUBLIC | {"PORTAL_PROXIES": "-1"}),
        ("PORTAL_POOL", PUBLIC | {"PORTAL_POOL": "beaucoup"}),
        ("EMAIL_URL", {"EMAIL_URL": "pigeon://voyageur"}),
        ("PORTAL_LOG_LEVEL", {"PORTAL_LOG_LEVEL": "bavard"}),
    ],
)
def test_wrong_value_stops_the_start_with_one_line(named, variables):
    done = run("import portal.settings", **variables)
    assert done.returncode != 0
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"Configuration refusée\u00a0: {named} ")
    assert "secret" not in lines[0]  # a password never reaches the journal


def test_manage_refuses_in_the_same_line():
    done = run("import runpy, sys; sys.argv = ['manage.py', 'check']; runpy.run_path('manage.py', run_name='__main__')",
               PORTAL_HOSTS="portail.exemple.fr")  # fmt: skip
    assert done.returncode != 0
    assert done.stderr.strip().splitlines()[0].startswith("Configuration refusée\u00a0: PORTAL_SECRET_KEY ")
    assert "Traceback" not in done.stderr


def test_as_it_is_the_portal_is_a_try_out_on_localhost():
    found = read("TRY_OUT DEBUG ALLOWED_HOSTS DATABASES SECURE_SSL_REDIRECT EMAIL_BACKEND")
    assert found["TRY_OUT"] is True
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert found["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in found["DATABASES"]["default"]["OPTIONS"]["init_command"]
    assert found["SECURE_SSL_REDIRECT"] is False
    assert found["EMAIL_BACKEND"].endswith("console.EmailBackend")


def test_public_site_is_protected():
    found = read(
        "DEBUG ALLOWED_HOSTS CSRF_TRUSTED_ORIGINS DATABASES SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE"
        " SESSION_COOKIE_HTTPONLY SECURE_HSTS_SECONDS SECURE_SSL_REDIRECT SECURE_PROXY_SSL_HEADER EMAIL_HOST"
        " DEFAULT_FROM_EMAIL ALLAUTH_TRUSTED_PROXY_COUNT CACHES STORAGES",
        PORTAL_DEBUG="1",  # without effect on a public site
        **PUBLIC,
    )
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["portail.exemple.fr", "www.exemple.fr"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://portail.exemple.fr", "https://www.exemple.fr"]
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is found["SESSION_COOKIE_HTTPONLY"] is True
    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert found["SECURE_SSL_REDIRECT"] is True
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert found["DEFAULT_FROM_EMAIL"] == "ne-pas-repondre@portail.exemple.fr"
    assert found["EMAIL_HOST"] == "courrier.exemple.fr"
    assert found["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1
    base = found["DATABASES"]["default"]
    assert (base["ENGINE"], base["HOST"]) == ("django.db.backends.postgresql", "base.exemple.fr")
    assert base["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 4, "timeout": 10}
    assert found["CACHES"]["default"]["BACKEND"].endswith("DatabaseCache")
    assert "Manifest" in found["STORAGES"]["staticfiles"]["BACKEND"]


def test_pool_size_and_options_of_the_address_are_kept():
    url = PUBLIC["DATABASE_URL"] + "?sslmode=require"
    options = read("DATABASES", **PUBLIC | {"PORTAL_POOL": "9", "DATABASE_URL": url})["DATABASES"]["default"]["OPTIONS"]
    assert options["pool"]["max_size"] == 9
    assert options["sslmode"] == "require"


def test_without_https_the_proxy_header_is_not_trusted():
    found = read(
        "SECURE_PROXY_SSL_HEADER SECURE_HSTS_SECONDS ALLAUTH_TRUSTED_PROXY_COUNT", **PUBLIC | {"PORTAL_HTTPS": "0"}
    )
    assert found == {"SECURE_PROXY_SSL_HEADER": None, "SECURE_HSTS_SECONDS": 0, "ALLAUTH_TRUSTED_PROXY_COUNT": 0}
