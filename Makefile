# The commands of the house. Every target is one script; read the script for what it does.
.DEFAULT_GOAL := help
.PHONY: help setup demo test docs-check soak attack conformance clients lint bench fuzz release-check pictures fmt clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: ## install what demo, test and lint need (the other targets do it themselves)
	@scripts/setup.sh demo test lint

demo: ## seal the sample invoices with a key in a SoftHSM token (KEEP=1 keeps the service running, PORT=n)
	@KEEP="$(KEEP)" PORT="$(PORT)" scripts/demo.sh

test: ## every test, with a real PKCS#11 token and foreign judges (ARGS="name" runs some)
	@scripts/test.sh $(ARGS)

docs-check: ## run every shell block of README and docs, in order (part of test)
	@scripts/test.sh docs_check

soak: ## what takes longer than a test may: a minute of kill -9 amid mails, 15 of a hostile client (SOAK_SECONDS)
	@CHANCERY_SOAK=1 scripts/test.sh delivery::killed
	@scripts/attack.sh soak $(or $(SOAK_SECONDS),900)

attack: ## attack a service over loopback: what each costs, and what another client notices (ARGS="words of names")
	@scripts/attack.sh $(ARGS)

conformance: ## every profile before every foreign judge, EU DSS among them; needs a JVM (ARGS="name")
	@scripts/conformance.sh $(ARGS)

clients: ## clients generated from the API's descriptions, its linter, and schemathesis, against a service; needs a JVM (ARGS="name")
	@scripts/clients.sh $(ARGS)

lint: ## format, clippy, dependencies, shell, Dockerfile, samples; warnings are errors
	@scripts/lint.sh

bench: ## how fast: token, engine, service
	@scripts/bench.sh $(ARGS)

fuzz: ## fuzz the readers of strangers' bytes, FUZZ_SECONDS (60) for each target (ARGS="names")
	@scripts/fuzz.sh $(ARGS)

release-check: lint test soak attack clients conformance fuzz ## all checks, one after the other, before a release

pictures: ## take the pictures of the back office in docs/images anew, in Chromium
	@scripts/pictures.sh

fmt: ## format the Rust code
	@cargo fmt --all

clean: ## remove what the demo and the build left (keeps the tools: .tools, .venv, xsd/official)
	@scripts/clean.sh
