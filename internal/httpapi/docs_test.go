package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/acme/customers/internal/authz"
)

func TestDocumentsNeedNoNetworkAndNoToken(t *testing.T) {
	r := newRig(t, nil)
	w := r.call("GET", "/docs", "", "Authorization: ")
	page, policy := html.UnescapeString(w.Body.String()), w.Header().Get("Content-Security-Policy")
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	for _, want := range []string{
		`id="getThing"`, "/v1/things/{id}", "One thing", "<code>limit</code>", "at most 100", "one of [name date]",
		mediaPatch, `href="#schema-Sample"`, `id="schema-Sample"`, `id="schema-Problem"`, "or null",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if found := fetches(page); len(found) > 0 {
		t.Errorf("the page fetches %q", found)
	}
	style := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
	sum := sha256.Sum256([]byte(style))
	if !strings.Contains(policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("the policy forbids the page's own style, or allows more: %s", policy)
	}
	if dead := deadLinks(page); len(dead) > 0 {
		t.Errorf("links to nowhere: %v", dead)
	}
	if len(deadLinks(strings.ReplaceAll(page, `id="schema-Problem"`, ""))) == 0 {
		t.Error("a dead link is not seen")
	}
}

func TestTheWholeAPIIsDocumented(t *testing.T) {
	a := routes(Config{})
	raw, err := renderDocs(a.huma.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	page := html.UnescapeString(string(raw))
	for _, action := range authz.Actions() {
		if variants[action] == "" && !strings.Contains(page, `id="`+string(action)+`"`) {
			t.Errorf("%s is missing", action)
		}
	}
	if dead := deadLinks(page); len(dead) > 0 {
		t.Errorf("links to nowhere: %v", dead)
	}
}

func deadLinks(page string) (dead []string) {
	for _, target := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+target[1]+`"`) {
			dead = append(dead, target[1])
		}
	}
	return dead
}

// fetches lists what a browser would load for the page.
func fetches(page string) []string {
	return regexp.MustCompile(`(?i)<script|<link|<img|<iframe|@import|url\(|src=|https?://`).FindAllString(page, -1)
}

func TestFetchesAreSeen(t *testing.T) { // the page that huma would serve
	if len(fetches(`<script src="https://unpkg.com/@stoplight/elements"></script>`)) == 0 {
		t.Error("a page from a CDN is taken for an offline one")
	}
}

func TestOpenAPI(t *testing.T) {
	r := newRig(t, nil)
	w := r.call("GET", "/openapi.yaml", "", "Authorization: ")
	doc := w.Body.String()
	for _, want := range []string{
		"openapi: 3.1.0", "operationId: patchThing", mediaPatch, problemJSON, "bearerFormat: JWT", "#/components/schemas/SamplePatch",
		"additionalProperties: false", "- \"null\"",
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("openapi.yaml has no %q", want)
		}
	}
	if t.Failed() {
		t.Log(doc)
	}
	if w := r.call("POST", "/openapi.yaml", ""); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %v", w.Code, w.Header())
	}
}
