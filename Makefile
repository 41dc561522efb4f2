# Two commands matter: `make run` and `make test`.
GO ?= go
BIN := bin/customers
# Modules of their own, so that what depends on one of them needs nothing of the others.
MODULES := client client/gen examples

.PHONY: run test soak bench build prepare

build:
	@$(GO) build -o $(BIN) ./cmd/customers

# Builds and starts the service on the embedded default, in ./data.
run: build
	@$(BIN) serve

# Every test, PostgreSQL and the broker included.
test: build prepare
	$(GO) vet ./...
	$(GO) test -count=1 -timeout 14m ./...
	for module in $(MODULES); do ( cd $$module && $(GO) vet ./... && \
		CUSTOMERS_PROGRAM=$(CURDIR)/$(BIN) $(GO) test -count=1 -timeout 5m ./... ) || exit 1; done

# The same tests with their full counts: hours.
soak: prepare
	SOAK=1 $(GO) test -count=1 -timeout 24h -p 1 ./...

# Measures the service against pgbench and a bare HTTP handler: docs/performance.md.
# About 25 minutes; a smoke run: make bench BENCH=-quick; search and segments: make bench BENCH=-search.
bench: build prepare
	$(GO) build -o bin/bench ./cmd/bench
	bin/bench $(BENCH)

# Installs what the tests need, where it can.
prepare:
	@./scripts/prepare.sh
