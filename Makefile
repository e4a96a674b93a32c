# The portal's commands: `make` alone lists them. Needs make, a POSIX shell and Python 3.11 to 3.14, nothing else.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help install run test check bench faults lock clean

PORT ?= 8000
VENV ?= .venv
# The first Python that is recent enough; `make run PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' >/dev/null 2>&1 && { echo $$p; break; }; done)
BIN = $(VENV)/bin
MANAGE = $(BIN)/python manage.py
PIP = $(BIN)/python -m pip --disable-pip-version-check --no-input -q
PYTEST = $(BIN)/python -m pytest -n logical --dist loadfile -q -rs
UV = $(shell [ -x $(BIN)/uv ] && echo $(BIN)/uv || echo uv)
LOCK = $(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header

help: ## cette liste
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

install: $(VENV)/.installed ## prépare l'environnement Python (.venv)

run: $(VENV)/.installed ## sert le portail sur http://127.0.0.1:8000/ avec des données d'essai (PORT=… pour changer)
	@set -e; \
	$(MANAGE) migrate --noinput -v 0; \
	$(MANAGE) import_territoires; \
	$(MANAGE) demo; \
	server=; worker=; \
	finish() { status=$$?; trap '' INT TERM HUP; kill $$server $$worker 2>/dev/null || :; wait; exit $$status; }; \
	trap finish EXIT; trap 'exit 0' INT TERM HUP; \
	$(MANAGE) db_worker & worker=$$!; \
	$(MANAGE) runserver --noreload 127.0.0.1:$(PORT) & server=$$!; \
	echo "Portail : http://127.0.0.1:$(PORT)/ (Ctrl+C pour arrêter)"; \
	wait $$server || { echo "Le serveur s'est arrêté. Port $(PORT) déjà pris ? Essayez : make run PORT=8001" >&2; exit 1; }

test: $(VENV)/.dev ## passe les tests sur SQLite, puis sur PostgreSQL (démarré pour l'occasion, ou TEST_DATABASE_URL)
	$(PYTEST) --engine sqlite
	$(PYTEST) --engine postgresql --ignore tests/e2e

# The settings of a public site, so that `check --deploy` judges what will really run; nothing is contacted.
PUBLIC = PORTAL_HOSTS=portail.exemple.fr PORTAL_HTTPS=1 DATABASE_URL=postgres://portail:portail@localhost/portail \
	PORTAL_SECRET_KEY=`$(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(48))'`
check: $(VENV)/.dev ## contrôle le style, les types, les gabarits, les migrations et la configuration publique
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint templates --check --quiet
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/mypy
	DATABASE_URL=sqlite://:memory: $(MANAGE) makemigrations --check --dry-run
	@echo "manage.py check --deploy"; $(PUBLIC) $(MANAGE) check --deploy --fail-level WARNING

bench: $(VENV)/.dev ## mesure les temps de réponse (ARGS="--moteur postgresql --structures 10000 100000")
	$(BIN)/python -m tests.bench $(ARGS)

faults: $(VENV)/.dev ## tue (kill -9) des imports à mi-chemin, sur SQLite et PostgreSQL, et compare (ARGS="--fois 10")
	$(BIN)/python -m tests.faults $(ARGS)

lock: ## recalcule requirements.lock et tests/requirements.lock (demande uv)
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --extra dev --extra e2e -c requirements.lock -o tests/requirements.lock

clean: ## efface l'environnement et les fichiers calculés ; garde la base et les images
	rm -rf $(VENV) staticfiles .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: pip runs again only when a lock is newer than the last installation.
$(VENV)/.installed: requirements.lock
	@if [ ! -x $(BIN)/python ]; then \
		[ -n "$(PYTHON)" ] || { echo "Il manque Python 3.11 à 3.14. Installez-le (Debian, Ubuntu : apt-get install" \
			"python3 python3-venv), ou indiquez-le : make $(firstword $(MAKECMDGOALS)) PYTHON=/chemin/vers/python3" >&2; exit 1; }; \
		$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Il manque le module venv de Python. Installez-le" \
			"(Debian, Ubuntu : apt-get install python3-venv)." >&2; exit 1; }; \
		echo "Préparation de l'environnement Python dans $(VENV)…"; \
		$(PYTHON) -m venv $(VENV); \
	fi
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: tests/requirements.lock $(VENV)/.installed
	@echo "Installation des outils de test…"
	@$(PIP) install --require-hashes -r tests/requirements.lock
	@touch $@
