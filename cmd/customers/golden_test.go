package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/httpapi"
	"github.com/acme/customers/internal/reactor"
	"github.com/acme/customers/internal/streams"
)

var update = flag.Bool("update", false, "write the golden files")

// eventsHead begins docs/events.md; the rest follows from the code.
const eventsHead = `# Events

Every event of a customer, its consents, the messages to it, the notes about it and what it did elsewhere, as it is recorded and published. The bus carries the public fields and the *names* of the
changed ones; personal and sensitive values are sealed and fetched over the API. This page is made from the code
(` + "`go test ./cmd/customers -update`" + `); a published event is never edited: a new schema gets its own struct and an upcaster.
`

// golden holds a file that is made from the code equal to the code.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("..", "..", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what the code says; run go test ./cmd/customers -update (-file +code):\n%s", name, diff)
	}
}

// catalogue is every event that is published.
func catalogue(t *testing.T) []event.Definition {
	t.Helper()
	kinds, err := streams.New()
	if err != nil {
		t.Fatal(err)
	}
	return kinds.Definitions()
}

func TestEventsPage(t *testing.T) {
	page := bytes.NewBufferString(eventsHead)
	if err := event.Page(page, catalogue(t)); err != nil {
		t.Fatal(err)
	}
	golden(t, "docs/events.md", page.Bytes())
}

func TestAsyncAPI(t *testing.T) {
	doc, err := bus.AsyncAPI(catalogue(t), slices.Concat(reactor.IdentityMessages(), reactor.ActivityMessages())...)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "asyncapi.yaml", doc)
}

// Consumers check messages against these without reading AsyncAPI.
func TestSchemas(t *testing.T) {
	schemas, err := bus.Schemas(catalogue(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, schema := range schemas {
		golden(t, filepath.Join("schemas", name), schema)
	}
	kept, err := os.ReadDir(filepath.Join("..", "..", "schemas"))
	if err != nil {
		t.Fatal(err)
	}
	if len(kept) != len(schemas) {
		t.Errorf("schemas holds %d files, there are %d events", len(kept), len(schemas))
	}
}

func TestOpenAPI(t *testing.T) {
	doc, err := httpapi.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "openapi.yaml", doc)
}
