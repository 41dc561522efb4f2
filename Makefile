# Two commands matter: `make run` and `make test`.
GO ?= go
BIN := bin/customers

.PHONY: run test build
build:
	@$(GO) build -o $(BIN) ./cmd/customers

run: build
	@$(BIN) serve

test:
	$(GO) vet ./...
	$(GO) test -count=1 -timeout 14m ./...
