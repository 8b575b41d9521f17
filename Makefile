# Recipes longer than a few lines live in scripts/.

# Debian keeps nginx in /usr/sbin, which only root's PATH has.
export PATH := $(PATH):/usr/sbin:/sbin

# A crash in a test should fail it at once; the backtracer would hold its pipes open for minutes.
test test-long: export SWIFT_BACKTRACE = enable=no

# PACKAGE, or PACKAGE:COMMAND where whatever brings the command will do.
BUILD_PACKAGES := libfcgi-dev pkg-config:pkg-config ca-certificates
SITE_PACKAGES  := nginx-light:nginx curl:curl
TEST_PACKAGES  := $(SITE_PACKAGES) openssl:openssl libnginx-mod-stream
API_PACKAGES   := $(SITE_PACKAGES) python3:python3 python3-venv nodejs:node
LINT_PACKAGES  := nginx-light:nginx shellcheck:shellcheck openssl:openssl
VM_PACKAGES    := mmdebstrap:mmdebstrap systemd-container:systemd-nspawn systemd:systemd-analyze sslscan:sslscan \
    python3:python3 python3-venv curl:curl openssl:openssl

# Linked with Swift's runtime: where it runs, nothing of Swift is needed. The same words everywhere, or it builds anew.
RELEASE_BUILD  := swift build -c release --static-swift-stdlib

# Where `make install` installs.
PREFIX         ?= /usr/local

.DEFAULT_GOAL := help
.PHONY: help run build release install uninstall test test-api test-docs test-long test-deploy bench fuzz \
    test-sanitizers lint format

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: ## build, then serve http://localhost:8080 (or PORT=…) until Ctrl-C: with Tiki's sandbox, or with .env's credentials
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(SITE_PACKAGES)
	@scripts/run.sh

build: ## build the backend and the sandbox (debug)
	@scripts/install-packages.sh $(BUILD_PACKAGES)
	swift build

release: ## build what `make install` installs
	@scripts/install-packages.sh $(BUILD_PACKAGES)
	$(RELEASE_BUILD) --product tiniapp-auth-backend

install: ## install it with its units and nginx's configuration: INSTANCE=… DOMAIN=… (PREFIX=/usr/local, DESTDIR=)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' INSTANCE='$(INSTANCE)' DOMAIN='$(DOMAIN)' scripts/install.sh

uninstall: ## take that away again; settings and secrets stay (PREFIX=/usr/local, DESTDIR=)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/uninstall.sh

test: ## run the unit tests, the end-to-end tests through nginx, and what test-api and test-docs do
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(TEST_PACKAGES) $(API_PACKAGES)
	swift test
	Tests/API/run.sh
	Tests/Docs/run.sh

test-api: build ## hold openapi.yaml against the running server, and try the example app
	@scripts/install-packages.sh $(API_PACKAGES)
	Tests/API/run.sh

test-docs: build ## run the commands of the READMEs, and see that pages, settings and errors agree
	@scripts/install-packages.sh $(API_PACKAGES)
	Tests/Docs/run.sh

test-long: ## run the proofs that take longer, under load, against a release build
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)
	$(RELEASE_BUILD) --product tiniapp-auth-backend
	$(RELEASE_BUILD) --product tiki-sandbox
	@# One after the other: the load proofs measure, and want the machine for themselves.
	LONG_TESTS=1 swift test --filter SocketMutationLongTests
	PRODUCTS_DIRECTORY=.build/release LONG_TESTS=1 swift test --filter LoadLongTests
	Benchmarks/instructions.sh
	scripts/fuzz.sh 60

test-deploy: ## install it on a machine of its own and into a container, and prove both under load (root)
	@[ "$$(id -u)" = 0 ] || { echo "make test-deploy boots systemd and runs containers: run it as root." >&2; exit 1; }
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(VM_PACKAGES)
	$(RELEASE_BUILD) --product tiniapp-auth-backend
	$(RELEASE_BUILD) --product tiki-sandbox
	Tests/Deploy/vm.sh
	Tests/Deploy/container.sh

bench: release ## measure it beside what people would pick instead: some 20 minutes, or two with QUICK=1
	QUICK='$(QUICK)' Benchmarks/run.sh

fuzz: ## fuzz what reads raw bytes, for SECONDS=… (600 if not given)
	@scripts/install-packages.sh $(BUILD_PACKAGES)
	scripts/fuzz.sh $(or $(SECONDS),600)

test-sanitizers: ## run the tests under thread sanitizer and address sanitizer (two builds of their own: slow)
	@scripts/install-packages.sh $(BUILD_PACKAGES) $(TEST_PACKAGES)
	scripts/test-sanitizers.sh

lint: ## check the formatting, the shell scripts and nginx's configuration
	@scripts/install-packages.sh $(LINT_PACKAGES)
	swift format lint --strict --recursive --parallel Sources Tests Package.swift
	shellcheck scripts/*.sh Tests/API/*.sh Tests/Deploy/*.sh Tests/Docs/*.sh Benchmarks/*.sh .ci/run
	@scripts/check-nginx.sh

format: ## format the Swift sources in place
	swift format --in-place --recursive --parallel Sources Tests Package.swift
