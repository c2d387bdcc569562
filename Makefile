# Commands for the site. Set PORT and DATA_DIR for any of them: make run PORT=9000 DATA_DIR=/srv/studysite
#
#   make run         install the requirements, prepare DATA_DIR and serve the site
#   make admin       create an account that may use the admin
#   make dev         serve with DEBUG on, and reload when a file changes
#   make test-quick  the fast tests, without Chromium, PostgreSQL and other programs: less than a minute
#   make test        these, and the tests in Chromium and on running servers: less than five minutes
#   make test-long   faults, fuzzing, long histories, and every database test on PostgreSQL
#   make check       run the linters, the type checker and Django's checks
#   make soak        test its own servers under load, with slow clients, locks and crashes: about five minutes
#   make bench       compare the site with the least that its work needs: about a quarter of an hour; QUICK=1: two minutes
#   make lock        resolve the requirements again and pin them with their hashes
#   make clean       delete .venv and the caches; DATA_DIR stays

MAKEFLAGS += --no-print-directory
PYTHON ?= python3
BIN := .venv/bin
INSTALL = command -v $(PYTHON) >/dev/null || { echo 'PYTHON: there is no $(PYTHON); Studysite needs Python 3.11 or newer.'; exit 1; }; \
	$(PYTHON) studysite/server/install.py

# These values are not secret: the checks only read code and settings.
CHECK_ENVIRONMENT := SECRET_KEY=only-for-make-check-0123456789-abcdefghijklmnopqrstuvwxyz \
	SITE_URL=https://study.example.org TRUSTED_PROXIES=1 DATA_DIR=.venv/check
# Three workers keep two cores busy, since many tests wait for a program. An idle worker takes tests from others.
PARALLEL := --numprocesses 3 --dist worksteal
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--custom-compile-command "make lock" $(UPGRADE) pyproject.toml

.PHONY: run admin dev test test-quick test-long soak bench check lock clean installed installed-dev

run: installed
	@$(BIN)/python -m studysite.server.serve

dev: installed
	@DEBUG=on $(BIN)/python -m studysite.server.serve

admin: installed
	@$(BIN)/python -m studysite.server.prepare
	@$(BIN)/python manage.py createsuperuser

# Many tests start Python again. Without compiled files, each would compile the whole site.
test test-quick test-long: export PYTHONDONTWRITEBYTECODE :=
test: installed-dev
	$(BIN)/python -m pytest $(PARALLEL) -m "not long"

test-quick: installed-dev
	$(BIN)/python -m pytest $(PARALLEL) --hypothesis-profile quick -m "not slow"

# `make test` and `make test-long` together run every test.
test-long: installed-dev
	$(BIN)/python -m tests.postgres $(PARALLEL)
	$(BIN)/python -m pytest $(PARALLEL) -m long

soak: installed-dev
	$(BIN)/python -m tests.load.soak

check: installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	find templates -name '*.html' -exec $(BIN)/djade --check --target-version 5.2 {} +
	@mkdir -p .venv/check
	$(CHECK_ENVIRONMENT) $(BIN)/mypy
	$(BIN)/lint-imports
	$(CHECK_ENVIRONMENT) $(BIN)/python manage.py makemigrations --check --dry-run
	$(CHECK_ENVIRONMENT) $(BIN)/python manage.py check --deploy --fail-level WARNING

bench: installed
	@$(BIN)/python -m tests.load.bench $(if $(QUICK),--quick)

# make lock UPGRADE=--upgrade pins the newest versions that pyproject.toml allows.
lock: installed-dev
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	@! grep -n '://' requirements.txt requirements-dev.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

installed:
	@$(INSTALL) requirements.txt

installed-dev:
	@$(INSTALL) requirements-dev.txt
