"""Every setting, read from the environment; as it is, the portal runs on SQLite and answers on localhost only.

| variable | meaning | default |
|---|---|---|
| PORTAL_HOSTS | public host names, separated by commas; naming one makes this a public site | none: try-out |
| PORTAL_SECRET_KEY | at least 50 characters; required as soon as PORTAL_HOSTS is set | try-out value |
| PORTAL_HTTPS | 1: secure cookies, HSTS, redirect to HTTPS, proxy header trusted | 0 |
| PORTAL_PROXIES | number of proxies in front, whose X-Forwarded-For is trusted for rate limits | 0, or 1 with HTTPS |
| DATABASE_URL | postgres://… or sqlite:///… | SQLite in the project folder |
| PORTAL_POOL | largest number of PostgreSQL connections a process keeps | 4 |
| EMAIL_URL | smtp+tls://…, consolemail://, filemail:///folder | console |
| PORTAL_FROM | sender of the portal's messages | ne-pas-repondre@ the first host |
| MEDIA_ROOT, STATIC_ROOT | folders of uploaded and collected files | media/, staticfiles/ |
| PORTAL_SEUIL_DEPENDANCE | share of turnover with public buyers, in %, over which a card says so | 50 |
| PORTAL_OCDS_PREFIXE | the publisher's prefix in OCDS files, given on request by its keepers | ocds-000000: none yet |
| PORTAL_DEBUG | 1: developer's error pages, on a try-out only | 0 |
| PORTAL_LOG_LEVEL | DEBUG, INFO, WARNING, ERROR | INFO |
"""

import re
import sys
import warnings
from pathlib import Path

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def refuse(variable: str, problem: str):
    """Stop the start with one line that names the variable and says what to write."""
    sys.exit(f"Configuration refusée\u00a0: {variable} {problem}")


def flag(variable: str, default: bool = False) -> bool:
    """0 or 1, nothing else: a typing mistake must not switch a protection off."""
    value = env.str(variable, "1" if default else "0").strip().lower()
    if value not in {"0", "1", "true", "false"}:
        refuse(variable, f"vaut «\u00a0{value}\u00a0»\u00a0; écrivez 1 ou 0.")
    return value in {"1", "true"}


def number(variable: str, default: int) -> int:
    """A whole number from 0 up."""
    value = env.str(variable, str(default)).strip()
    if not value.isdecimal():
        refuse(variable, f"vaut «\u00a0{value}\u00a0»\u00a0; écrivez un nombre entier, par exemple {default}.")
    return int(value)


# Who may reach us ---------------------------------------------------------------------------------------------------
HOSTS = [host.strip() for host in env.str("PORTAL_HOSTS", "").split(",") if host.strip()]
TRY_OUT = not HOSTS
if any("/" in host or "*" in host or " " in host for host in HOSTS):
    refuse("PORTAL_HOSTS", "doit être une liste de noms d'hôte, par exemple «\u00a0portail.exemple.fr\u00a0».")
ALLOWED_HOSTS = HOSTS or ["localhost", "127.0.0.1", "[::1]"]
DEBUG = TRY_OUT and flag("PORTAL_DEBUG")

SECRET_KEY = env.str("PORTAL_SECRET_KEY", "")
if TRY_OUT:
    SECRET_KEY = SECRET_KEY or "essai-seulement-cle-publique-sans-valeur-0123456789-abcdefghij"
elif len(SECRET_KEY) < 50:
    refuse(
        "PORTAL_SECRET_KEY", "manque ou compte moins de 50 caractères\u00a0; elle est obligatoire avec PORTAL_HOSTS."
    )

HTTPS = flag("PORTAL_HTTPS")
SCHEME = "https" if HTTPS else "http"
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"{SCHEME}://{host.lstrip('.')}" for host in HOSTS]
SITE_URL = (CSRF_TRUSTED_ORIGINS or ["http://localhost:8000"])[0]  # what the links of the messages start with
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^sante/$"]  # a load balancer asks in plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# What we are made of ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "portal.pages",
    "clauses",
    "marches",
    "structures",
    "portal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "bootstrap",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "simple_history",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "structures.middleware.ActeurMiddleware",
    "portal.brouillons.BrouillonMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.navigation.navigation",
            ],
            "builtins": ["portal.templatetags.formats", "portal.templatetags.panels"],
            "libraries": {"lucide": "portal.templatetags.icones"},  # the icons of django-lucide, drawn once
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# Data ---------------------------------------------------------------------------------------------------------------
try:
    with warnings.catch_warnings(action="error"):  # of an unknown engine, which would print the password
        DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{BASE_DIR / 'portail.sqlite3'}")}
except (environ.ImproperlyConfigured, ValueError, KeyError, UserWarning):
    refuse("DATABASE_URL", "est illisible\u00a0; écrivez par exemple postgres://compte:motdepasse@hote:5432/base.")
database = DATABASES["default"]
if database["ENGINE"] == "django.db.backends.sqlite3":
    SILENCED_SYSTEM_CHECKS = ["models.W040"]  # it keeps an index without its covering columns: slower, and right
    # WAL: readers go on during a write. IMMEDIATE: a writer waits its turn at once instead of failing midway.
    database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32000;",
    }
elif database["ENGINE"] == "django.db.backends.postgresql":
    # On short queries, compiling them or calling other processes costs more than it brings: pages share the machine.
    database["OPTIONS"] = database.get("OPTIONS", {}) | {"options": "-c jit=off -c max_parallel_workers_per_gather=0"}
    if not TRY_OUT:
        database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": max(1, number("PORTAL_POOL", 4)), "timeout": 10}
    database["CONN_MAX_AGE"] = 0
else:
    refuse("DATABASE_URL", "doit désigner une base PostgreSQL (postgres://…) ou SQLite (sqlite:///…).")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
# « default » is shared by all the processes; « proche » spares the busiest pages a reading of it, for a few seconds.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if TRY_OUT
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache_partage"},
    "proche": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    if TRY_OUT
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "proche",
        "OPTIONS": {"MAX_ENTRIES": 300},
    },
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = False

# People -------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "pages:tableau_de_bord"
LOGOUT_REDIRECT_URL = "pages:accueil"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False
ALLAUTH_TRUSTED_PROXY_COUNT = number("PORTAL_PROXIES", 1 if HTTPS else 0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Portail des achats socialement responsables"

# Messages -----------------------------------------------------------------------------------------------------------
try:
    vars().update(env.email_url("EMAIL_URL", "consolemail://"))
except (environ.ImproperlyConfigured, ValueError, KeyError):
    refuse("EMAIL_URL", "est illisible\u00a0; écrivez par exemple smtp+tls://compte:motdepasse@hote:587.")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("PORTAL_FROM", f"ne-pas-repondre@{(HOSTS or ['localhost'])[0].lstrip('.')}")

# Written through the portal between organisations
ECHANGES_JOURS = 183  # six months: how long a conversation is kept after its last message
ECHANGES_PAR_JOUR = 20  # conversations one person may open in a day
REPONSES_PAR_JOUR = 5  # answers a day from the link of a message, without an account
MESSAGES_PAR_JOUR = 100  # messages one person may send in a day, all conversations together

# Language and time --------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
USE_I18N = USE_TZ = True
TIME_ZONE = "Europe/Paris"

# Files --------------------------------------------------------------------------------------------------------------
STATIC_URL, MEDIA_URL = "/static/", "/media/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
MEDIA_ROOT = env.str("MEDIA_ROOT", str(BASE_DIR / "media"))
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TRY_OUT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TRY_OUT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # a month of hours of a hundred people

# What a page may load: our own files, and nothing written inside the page -------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its ticks as data images
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

SEUIL_DEPENDANCE = number("PORTAL_SEUIL_DEPENDANCE", 50)  # %
OCDS_PREFIXE = env.str("PORTAL_OCDS_PREFIXE", "ocds-000000")
if not re.fullmatch(r"ocds-[a-z0-9]{6}", OCDS_PREFIXE):
    refuse(
        "PORTAL_OCDS_PREFIXE",
        f"vaut «\u00a0{OCDS_PREFIXE}\u00a0»\u00a0; écrivez «\u00a0ocds-\u00a0» puis six lettres ou chiffres.",
    )

LOG_LEVEL = env.str("PORTAL_LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    refuse("PORTAL_LOG_LEVEL", f"vaut «\u00a0{LOG_LEVEL}\u00a0»\u00a0; écrivez DEBUG, INFO, WARNING ou ERROR.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
