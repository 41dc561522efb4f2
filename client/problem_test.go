package client_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/client"
)

func TestARefusalIsAProblem(t *testing.T) {
	const body = `{"type":"https://x/problems/invalid","title":"Invalid","status":422,"detail":"d","code":"invalid","instance":"urn:uuid:1",
		"errors":[{"pointer":"/email","code":"too_long","detail":"e"},{"parameter":"limit","code":"too_much","detail":"f"}]}`
	s := newScene(t, answer(422, "application/problem+json", body, "Retry-After", "3"))
	_, err := s.GetCustomer(t.Context(), ada)
	p, is := errors.AsType[*client.Problem](err)
	if !is || client.Code(err) != "invalid" || p.Status != 422 || p.Instance != "urn:uuid:1" || p.RetryAfter != 3*time.Second || len(p.Errors) != 2 {
		t.Fatalf("%+v", p)
	}
	if got, want := err.Error(), "getCustomer: invalid (422) /email too_long limit too_much"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if client.Code(nil) != "" || client.Code(errors.New("x")) != "" {
		t.Error("an error of another kind has a code")
	}
}

func TestAnotherServicesAnswersAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		step
		contract bool
		status   int64
	}{
		"a proxy's page":      {answer(403, "text/html", "<p>no"), false, 403},
		"a broken problem":    {answer(403, "application/problem+json", "{"), false, 403},
		"an answer of ours":   {ok(`[]`), true, 0},
		"an answer of nobody": {ok(``), true, 0},
	} {
		_, err := newScene(t, c.step).GetCustomer(t.Context(), ada)
		p, is := errors.AsType[*client.Problem](err)
		if errors.Is(err, client.ErrContract) != c.contract || is && p.Status != c.status || is == c.contract {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Errors may be logged: nothing that was sent is in them.
func TestErrorsTellNoValues(t *testing.T) {
	echo := answer(422, "application/problem+json", `{"code":"invalid","status":422,"title":"secret-1","detail":"secret-2","errors":[{"pointer":"/name","code":"too_long","detail":"secret-3"}]}`)
	for name, call := range map[string]func(ctx context.Context, c *client.Client) error{
		"a body": func(ctx context.Context, c *client.Client) error {
			_, err := c.RegisterCustomer(ctx, client.Registration{Email: "secret-4", Tags: []string{"secret-5"}})
			return err
		},
		"a query": func(ctx context.Context, c *client.Client) error {
			_, err := c.ListNotes(ctx, ada, client.ListNotesParams{Author: "secret-6"})
			return err
		},
		"what cannot be JSON": func(ctx context.Context, c *client.Client) error {
			return c.RecordActivity(ctx, ada, client.Activity{Data: map[string]any{"secret-7": func() {}}})
		},
		"a header that cannot be one": func(ctx context.Context, c *client.Client) error {
			_, err := c.GetCustomer(ctx, ada, client.For("secret-8\n"))
			return err
		},
	} {
		gone := httptest.NewServer(nil)
		gone.Close() // nobody answers there
		for where, url := range map[string]string{"refused": newScene(t, echo).url, "not connected": gone.URL} {
			c, err := client.New(url, client.StaticToken("secret-9"), client.Retries(client.Retry{Attempts: 1}))
			if err != nil {
				t.Fatal(err)
			}
			if err := call(t.Context(), c); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s, %s: %v", name, where, err)
			}
		}
	}
}
