# The commands of the site. All of them honour PORT and DATA_DIR: make run PORT=9000 DATA_DIR=/srv/studysite
#
#   make run    install what is needed, prepare DATA_DIR and serve the site
#   make admin  make an account that may use the admin
#   make dev    serve with DEBUG, reloading when a file changes
#   make test-quick  the tests that start no program and take no time: less than a minute
#   make test        these, and those in Chromium, on running servers and on PostgreSQL: less than five minutes
#   make test-long   faults, chance, long histories, and all that uses the database on PostgreSQL
#   make check  everything that reads the code without running it
#   make soak   load, slow clients, a foreign lock and crashes, on servers of its own: about five minutes
#   make bench  compare a deck of 10,000 cards with one of 46
#   make lock   resolve the requirements anew and pin them with their hashes
#   make clean  remove .venv and caches; DATA_DIR stays

MAKEFLAGS += --no-print-directory
PYTHON ?= python3
BIN := .venv/bin
INSTALL = command -v $(PYTHON) >/dev/null || { echo 'PYTHON: there is no $(PYTHON); Studysite needs Python 3.11 or newer.'; exit 1; }; \
	$(PYTHON) studysite/server/install.py

# Nothing here may be a secret: these checks only read code and settings.
CHECK_ENVIRONMENT := SECRET_KEY=only-for-make-check-0123456789-abcdefghijklmnopqrstuvwxyz \
	SITE_URL=https://study.example.org TRUSTED_PROXIES=1 DATA_DIR=.venv/check
# For two cores; whichever is idle takes over what waits for the other.
PARALLEL := --numprocesses 2 --dist worksteal
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

# Many tests start Python anew: where nothing compiled may be kept, each would compile the site again.
test test-quick test-long: export PYTHONDONTWRITEBYTECODE :=
test: installed-dev
	$(BIN)/python -m tests.postgres $(PARALLEL) -m "postgres_too and not long"
	$(BIN)/python -m pytest $(PARALLEL) -m "not long"

test-quick: installed-dev
	$(BIN)/python -m pytest $(PARALLEL) --hypothesis-profile quick -m "not slow"

# With make test, every test runs once at least.
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
	@$(BIN)/python -m tests.load.bench

# make lock UPGRADE=--upgrade takes the newest versions that pyproject.toml allows.
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
