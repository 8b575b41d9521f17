# Recipes of more than a few commands are in scripts/.

# Debian keeps nginx in /usr/sbin, which only root's PATH has.
export PATH := $(PATH):/usr/sbin:/sbin

# A crash in a test should fail it at once; the backtracer would hold its pipes open for minutes.
test test-long: export SWIFT_BACKTRACE = enable=no

# PACKAGE, or PACKAGE:COMMAND where whatever brings the command will do.
BUILD_PACKAGES := libc-ares-dev libfcgi-dev libhiredis-dev pkg-config:pkg-config ca-certificates
SITE_PACKAGES  := nginx-light:nginx curl:curl
# Before its use, since := expands at once.
WEB_SERVERS    := lighttpd:lighttpd haproxy:haproxy apache2:apache2 libapache2-mod-fcgid caddy:caddy \
    spawn-fcgi:spawn-fcgi libfcgi-bin:cgi-fcgi
TEST_PACKAGES  := $(SITE_PACKAGES) openssl:openssl libnginx-mod-stream redis-server:redis-server chromium:chromium \
    spin:spin gcc:gcc prometheus:promtool $(WEB_SERVERS)
LINT_PACKAGES  := nginx-light:nginx shellcheck:shellcheck openssl:openssl
VM_PACKAGES    := mmdebstrap:mmdebstrap systemd-container:systemd-nspawn systemd:systemd-analyze sslscan:sslscan \
    curl:curl openssl:openssl

DEB_PACKAGES   := lintian:lintian help2man:help2man binutils:objdump python3:python3

RELEASE_BUILD  := scripts/build-release.sh

# Before tests that start `make run` themselves. Its lock is on the folder: scripts/run.sh.
NO_OTHER_RUN   := [ ! -d .run ] || flock --nonblock .run true || \
    { echo "The tests start make run themselves: stop the one that is live in this folder first (Ctrl-C there)." >&2; exit 1; }

RUFF           := .build-python/bin/ruff
RUFF_OPTIONS   := --config Tests/ruff.toml --no-cache --quiet Tests Benchmarks scripts

# Where `make install` installs.
PREFIX         ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: help run build release install uninstall deb dist test test-api test-docs picture test-long test-deploy \
    bench fuzz \
    test-sanitizers lint format

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: ## build, then serve http://localhost:8080 (or PORT=…) until Ctrl-C: with a stand-in for Tiki, or .env's credentials
	@scripts/check-machine.sh
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(SITE_PACKAGES)
	@scripts/run.sh

build: ## build the backend and the stand-in for Tiki (debug)
	@scripts/check-machine.sh
	@scripts/install-packages.sh $(BUILD_PACKAGES)
	swift build

release: ## build what `make install` installs
	@scripts/check-machine.sh
	@scripts/install-packages.sh $(BUILD_PACKAGES)
	@scripts/check-packages.sh
	$(RELEASE_BUILD) --product tiniapp-auth-backend

install: ## install it with its units and nginx's configuration: INSTANCE=… DOMAIN=… (PREFIX=/usr/local, DESTDIR=)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' INSTANCE='$(INSTANCE)' DOMAIN='$(DOMAIN)' scripts/install.sh

uninstall: ## take that away again; settings and secrets stay (PREFIX=/usr/local, DESTDIR=)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/uninstall.sh

deb: release ## pack it for Debian 12 and 13: dist/tiniapp-auth-backend_VERSION_ARCH.deb, checked by lintian
	@scripts/install-packages.sh $(DEB_PACKAGES)
	scripts/deb.sh

dist: deb ## the package, an archive with the executable, a list of what is in it (CycloneDX), SHA256SUMS: into dist/
	scripts/dist.sh

test: ## run the unit tests, the end-to-end tests through nginx, and what test-api and test-docs do
	@$(NO_OTHER_RUN)
	@scripts/check-machine.sh
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)
	@scripts/check-packages.sh
	swift build --build-tests
	@# Not hundreds of tests at once, which would keep each other waiting.
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=12 swift test --skip-build
	Tests/side-by-side.sh Tests/API 'Tests/Docs Tests/Deploy' \
	    'Tests/Model Tests/LostAnswers Tests/WebServers Tests/Commands Tests/EndToEnd' \
	    Tests/Outside Tests/FrontDoor Tests/Load

test-api: build ## hold openapi.yaml against the running server, and try the example app
	Tests/run.sh Tests/API

test-docs: build ## run the commands of the READMEs, and see that pages, program and deployment agree
	@$(NO_OTHER_RUN)
	Tests/run.sh Tests/Docs Tests/Deploy

picture: build ## draw docs/demo.svg, the terminals of the READMEs, from a run
	@scripts/install-packages.sh $(SITE_PACKAGES) jq:jq
	@scripts/python-tools.sh
	PYTHONPATH=Tests/Support .build-python/bin/python -B Tests/Docs/picture.py docs/demo.svg

test-long: ## run the proofs that take longer, under load, against a release build
	@scripts/check-machine.sh
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)
	$(RELEASE_BUILD) --product tiniapp-auth-backend
	$(RELEASE_BUILD) --product tiki-sandbox
	swift build
	@# By themselves: they measure, and want the machine.
	PRODUCTS_DIRECTORY=.build/release LONG_TESTS=1 Tests/run.sh Tests/Load -s
	PRODUCTS_DIRECTORY=.build/release Tests/run.sh Tests/Outside -m real_clock
	@# The others mostly wait. The front's are run with the debug build, which checks what the release only assumes.
	LONG_TESTS=1 Tests/side-by-side.sh \
	    'Tests/FrontDoor/test_many_streams.py Tests/FrontDoor/test_unread_log.py Tests/FrontDoor/test_crashes.py -s' \
	    'PRODUCTS_DIRECTORY=.build/release Tests/LostAnswers/test_stalled_store.py -s' \
	    'PRODUCTS_DIRECTORY=.build/release Tests/LostAnswers/test_lost_answers.py Tests/LostAnswers/test_shared_store.py -s' \
	    'PRODUCTS_DIRECTORY=.build/release Tests/API -k test_only_documented_answers'
	Benchmarks/instructions.sh
	scripts/fuzz.sh 60

test-deploy: ## install it on a machine of its own and into a container, and prove both under load (root)
	@[ "$$(id -u)" = 0 ] || { echo "make test-deploy boots systemd and runs containers: run it as root." >&2; exit 1; }
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(VM_PACKAGES) $(DEB_PACKAGES)
	$(RELEASE_BUILD) --product tiniapp-auth-backend
	$(RELEASE_BUILD) --product tiki-sandbox
	SUITE=trixie Tests/Deploy/vm.sh
	SUITE=bookworm Tests/Deploy/vm.sh
	Tests/Deploy/container.sh

bench: release ## measure it beside what people would pick instead: some 20 minutes, or two with QUICK=1
	QUICK='$(QUICK)' Benchmarks/run.sh

fuzz: ## fuzz what reads raw bytes, for SECONDS=… (600 if not given)
	@scripts/install-packages.sh $(BUILD_PACKAGES)
	scripts/fuzz.sh $(or $(SECONDS),600) gate json answer store

test-sanitizers: ## run the tests under thread sanitizer and address sanitizer (two builds of their own: slow)
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)
	scripts/test-sanitizers.sh

lint: ## check the Swift and Python sources, the shell scripts, nginx's configuration and the workflow
	@scripts/install-packages.sh $(LINT_PACKAGES)
	swift format lint --strict --recursive --parallel Sources Tests Package.swift
	shellcheck scripts/*.sh packaging/debian/p* Tests/*.sh Tests/Deploy/*.sh Benchmarks/*.sh .ci/run
	@scripts/python-tools.sh
	$(RUFF) check $(RUFF_OPTIONS)
	$(RUFF) format --check $(RUFF_OPTIONS)
	@scripts/check-nginx.sh
	.build-python/bin/zizmor --offline --quiet .github/workflows

format: ## format the Swift and Python sources in place
	swift format --in-place --recursive --parallel Sources Tests Package.swift
	@scripts/python-tools.sh
	$(RUFF) format $(RUFF_OPTIONS)
