package main

import (
	"bytes"
	"crypto/sha256"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/sqldb/pgtest"
)

// assemble builds an instance with the production wiring, and does not serve.
func assemble(t *testing.T, args ...string) *service {
	t.Helper()
	return assembleLogging(t, slog.New(slog.DiscardHandler), args...)
}

func assembleLogging(t *testing.T, log *slog.Logger, args ...string) *service {
	t.Helper()
	var c serveCmd
	parser, err := kong.New(&c)
	if err == nil {
		_, err = parser.Parse(append(args, "--http", "127.0.0.1:0"))
	}
	if err == nil {
		err = c.fill()
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := build(t.Context(), &c.config, log)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// accepts tells whether the instance takes the token.
func (s *service) accepts(t *testing.T, raw string) bool {
	t.Helper()
	_, err := s.verifier.Verify(t.Context(), raw)
	return err == nil
}

func (s *service) deleteUser(t *testing.T, subject string) {
	t.Helper()
	err := s.app.Inbound(t.Context(), bus.InboundMessage{On: "identity.v1.UserDeleted", ID: "1", Source: "/identity", Type: "acme.identity.UserDeleted.v1",
		Data: []byte(`{"userId":"` + subject + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
}

// keptHashed: the store knows whom by a keyed hash alone.
func (s *service) keptHashed(t *testing.T, subject string) {
	t.Helper()
	made, err := s.store.Revoked(t.Context(), 0)
	if err != nil || len(made) != 1 || made[0].Caller != s.vault.Blind("revocation", subject) {
		t.Errorf("%d kept, %v, or not under the key", len(made), err)
	}
	if len(made) == 1 && made[0].Caller == sha256.Sum256([]byte(subject)) {
		t.Error("kept by a hash that anybody can guess")
	}
}

func TestADeletedStaffMembersTokensStayVoidAfterARestart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	first := assemble(t, "--data", data)
	gone, other := tokenOf(t, data, authz.RoleSupport), tokenOf(t, data, authz.RoleAdmin)
	if !first.accepts(t, gone) {
		t.Error("control: refused before the user is deleted")
	}
	first.deleteUser(t, "development:support")
	first.keptHashed(t, "development:support")
	if first.accepts(t, gone) || !first.accepts(t, other) {
		t.Error("at once: the token is accepted, or another one is not")
	}
	answer := httptest.NewRecorder()
	first.ready.ServeHTTP(answer, httptest.NewRequest("GET", "/readyz", nil))
	if !bytes.Contains(answer.Body.Bytes(), []byte(`{"name":"revocations","status":"ok"}`)) {
		t.Errorf("/readyz: %s", answer.Body)
	}
	first.close()

	second := assemble(t, "--data", data)
	defer second.close()
	if second.accepts(t, gone) || !second.accepts(t, other) {
		t.Error("after a restart: the token is accepted, or another one is not")
	}
}

func TestADeletedStaffMembersTokensEndOnEveryInstance(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	args := []string{"--data", data, "--store", pgtest.Start(t), "--keys", pgtest.Start(t), "--nats", "nats://127.0.0.1:1"}
	one := assemble(t, args...)
	defer one.close()
	two := assemble(t, args...)
	defer two.close()
	serving := serve(t, data, args[2:]...)
	gone, other := tokenOf(t, data, authz.RoleSupport), tokenOf(t, data, authz.RoleAdmin)
	if status, _ := serving.call(t, gone, "GET", "/v1/customers/"+uuid.NewString(), ""); status != 404 {
		t.Fatalf("control: %d before the user is deleted", status)
	}
	one.deleteUser(t, "development:support")
	two.keptHashed(t, "development:support")
	if one.accepts(t, gone) || !two.accepts(t, gone) {
		t.Error("control: the one instance accepts it, or the other refuses it before it has read")
	}
	if err := two.revocations.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if two.accepts(t, gone) || !two.accepts(t, other) {
		t.Error("elsewhere: the token is accepted, or another one is not")
	}

	// One that serves reads by itself, every five seconds.
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		status, _ := serving.call(t, gone, "GET", "/v1/customers/"+uuid.NewString(), "")
		if status == 401 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("an instance that serves answers %d after 20 s", status)
		}
	}
	if status, _ := serving.call(t, other, "GET", "/v1/customers/"+uuid.NewString(), ""); status != 404 {
		t.Errorf("another's token: %d", status)
	}
}

func tokenOf(t *testing.T, data string, role authz.Role) string {
	t.Helper()
	out, err := cmdline(t, "token", "--data", data, "--role", string(role))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}
