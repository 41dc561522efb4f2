package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/acme/customers/client"
	"github.com/acme/customers/examples/internal/service"
)

func TestMain(m *testing.M) { os.Exit(service.Main(m)) }

// scene is a service with two customers, and the file of the example.
type scene struct {
	*service.Service
	*client.Client
	ada, bob string
	file     string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{Service: service.Start(t), file: filepath.Join(t.TempDir(), "audience.json")}
	s.Client = s.Service.Client(t, "admin")
	for email, id := range map[string]*string{"ada@example.com": &s.ada, "bob@example.com": &s.bob} {
		made, err := s.RegisterCustomer(t.Context(), client.Registration{Email: email, Name: &client.Name{Given: "Given", Family: "Family"}})
		if err != nil {
			t.Fatal(err)
		}
		*id = made.ID
	}
	return s
}

// act records an act about marketing, and gives the position of it.
func (s *scene) act(t *testing.T, act func(context.Context, string, string, client.ConsentRecord, ...client.CallOption) (client.Consent, error), id string) int64 {
	t.Helper()
	var meta client.Meta
	if _, err := act(t.Context(), id, "marketing", client.ConsentRecord{Source: client.ConsentSourceWeb}, client.Into(&meta)); err != nil {
		t.Fatal(err)
	}
	return meta.Position
}

// follow runs the example until it has handled a position.
func (s *scene) follow(t *testing.T, durable string, position int64) string {
	t.Helper()
	e := service.Run(t, func(ctx context.Context, out io.Writer) error {
		return run(ctx, []string{"-file", s.file, "-durable", durable}, s.Env(t), out)
	})
	e.Await(t, fmt.Sprintf("\n%d: ", position))
	e.Stop(t)
	return e.Printed()
}

var beginning = regexp.MustCompile(`(?m)^(\d+): `)

// inOrder checks that positions are a run, and gives the first.
func inOrder(t *testing.T, printed string) (first int) {
	t.Helper()
	for i, m := range beginning.FindAllStringSubmatch(printed, -1) {
		at, _ := strconv.Atoi(m[1])
		if i == 0 {
			first = at
		}
		if at != first+i {
			t.Errorf("out of order:\n%s", printed)
		}
	}
	return first
}

func (s *scene) kept(t *testing.T) (a audience) {
	t.Helper()
	raw, err := os.ReadFile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		t.Fatal(err)
	}
	for _, personal := range []string{"@", "Given", "Family"} {
		if strings.Contains(string(raw), personal) {
			t.Errorf("%s is kept", personal)
		}
	}
	return a
}

func TestTheAudienceFollowsTheConsents(t *testing.T) {
	s := newScene(t)
	s.act(t, s.GrantConsent, s.ada)
	s.act(t, s.GrantConsent, s.bob)
	last := s.act(t, s.RevokeConsent, s.ada)
	printed := s.follow(t, "marketing", last)
	if first := inOrder(t, printed); first != 1 || !strings.HasSuffix(printed, fmt.Sprintf("%d: ConsentRevoked of %s, audience 1\n", last, s.ada)) {
		t.Errorf("printed:\n%s", printed)
	}
	kept := s.kept(t)
	if !reflect.DeepEqual(kept.Members, map[string]bool{s.bob: true}) || kept.Customers[s.ada]["ConsentGranted"] != 1 || len(kept.Seen) != int(last) {
		t.Errorf("kept: %+v", kept)
	}

	// It goes on where it was.
	next := s.act(t, s.GrantConsent, s.ada)
	more := s.follow(t, "marketing", next)
	if first := inOrder(t, more); first != int(last)+1 || strings.Contains(more, "known") || !strings.HasSuffix(more, "audience 2\n") {
		t.Errorf("after the restart:\n%s", more)
	}

	// Everything once more, under another name: nothing is counted twice.
	before := s.kept(t)
	if again := s.follow(t, "marketing-2", next); strings.Count(again, ": known\n") != int(next) {
		t.Errorf("once more:\n%s", again)
	}
	if after := s.kept(t); !reflect.DeepEqual(after, before) {
		t.Errorf("before %+v, after %+v", before, after)
	}

	// Were it not for the ids, it would be.
	before.Seen = nil
	raw, err := json.Marshal(before)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s.follow(t, "marketing-3", next)
	if twice := s.kept(t); twice.Customers[s.bob]["ConsentGranted"] != 2 {
		t.Errorf("without the ids: %+v", twice.Customers[s.bob])
	}
}
