package reactor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
)

// failing is a store that can be neither told of revocations nor asked while
// it fails.
type failing struct {
	*memory.Store
	fails atomic.Bool
}

func (f *failing) Revoke(ctx context.Context, r eventstore.Revocation) error {
	if f.fails.Load() {
		return fault.ErrUnavailable
	}
	return f.Store.Revoke(ctx, r)
}

func (f *failing) Revoked(ctx context.Context, after int64) ([]eventstore.Revocation, error) {
	if f.fails.Load() {
		return nil, fault.ErrUnavailable
	}
	return f.Store.Revoked(ctx, after)
}

// installation is one store and one issuer, for any number of instances.
type installation struct {
	*testing.T
	store  *failing
	issuer *authz.DevIssuer
	log    bytes.Buffer
}

func install(t *testing.T) *installation {
	t.Helper()
	issuer, err := authz.OpenDevIssuer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	store := memory.Open()
	t.Cleanup(func() { _ = store.Close() })
	return &installation{T: t, store: &failing{Store: store}, issuer: issuer}
}

// instance is one verifier that has read nothing yet.
type instance struct {
	*Revocations
	verifier *authz.Verifier
}

func (i *installation) instance() instance {
	i.Helper()
	cfg := i.issuer.Config()
	cfg.Blind = func(subject string) [32]byte { return sha256.Sum256([]byte("key" + subject)) }
	v, err := authz.NewVerifier(i.Context(), cfg)
	if err != nil {
		i.Fatal(err)
	}
	return instance{NewRevocations(i.store, v, slog.New(slog.NewTextHandler(&i.log, nil)), nil), v}
}

func (i *installation) token(role authz.Role) string {
	i.Helper()
	raw, err := i.issuer.Token(role, authz.TokenOptions{})
	if err != nil {
		i.Fatal(err)
	}
	return raw
}

func (i *installation) must(err error) {
	i.Helper()
	if err != nil {
		i.Fatal(err)
	}
}

// refused tells whether the token is; anything but yes and no fails the test.
func (i *installation) refused(at instance, raw string) bool {
	i.Helper()
	_, err := at.verifier.Verify(i.Context(), raw)
	if err != nil && !errors.Is(err, fault.ErrUnauthenticated) {
		i.Fatal(err)
	}
	return err != nil
}

const admin = "development:admin" // the subject of the issuer's tokens for an admin

func TestARevocationReachesEveryInstanceAndOutlivesThem(t *testing.T) {
	i := install(t)
	one, two := i.instance(), i.instance()
	raw, others := i.token(authz.RoleAdmin), i.token(authz.RoleSupport)
	for _, at := range []instance{one, two} {
		i.must(at.Refresh(t.Context()))
		if i.refused(at, raw) {
			t.Fatal("control: refused before it was revoked")
		}
	}
	i.must(one.Revoke(t.Context(), admin))
	if !i.refused(one, raw) {
		t.Error("not refused at once where it was revoked")
	}
	if i.refused(two, raw) {
		t.Error("control: refused elsewhere though nothing was read")
	}
	i.must(two.Refresh(t.Context()))
	if !i.refused(two, raw) {
		t.Error("not refused elsewhere")
	}

	again := i.instance() // as after a restart
	if i.refused(again, raw) {
		t.Error("control: refused after a restart though nothing was read")
	}
	i.must(again.Refresh(t.Context()))
	if !i.refused(again, raw) {
		t.Error("not refused after a restart")
	}
	for _, at := range []instance{one, two, again} {
		if i.refused(at, others) {
			t.Error("somebody else is refused")
		}
	}
}

// A message counts as handled only when its revocation will reach the others.
func TestADeletionComesAgainUntilItsRevocationIsDurable(t *testing.T) {
	i := install(t)
	one, two := i.instance(), i.instance()
	raw := i.token(authz.RoleAdmin)
	var got called
	r := bus.Receiver{Handle: HandleIdentity(&got, one.Revoke), Logger: slog.New(slog.DiscardHandler)}
	d := bus.Delivery{Subject: "identity.v1.UserDeleted", Attempt: 1, Data: []byte(`{"specversion":"1.0","id":"1","source":"/identity",
		"type":"acme.identity.UserDeleted.v1","datacontenttype":"application/json","data":{"userId":"` + admin + `"}}`)}

	i.store.fails.Store(true)
	if outcome, _ := r.Receive(t.Context(), d); outcome != bus.Repeat || got.name != "" {
		t.Errorf("outcome %d, called %q", outcome, got.name)
	}
	if !i.refused(one, raw) {
		t.Error("not refused at once where it was revoked")
	}
	i.store.fails.Store(false)
	i.must(two.Refresh(t.Context()))
	if i.refused(two, raw) {
		t.Error("control: what was not durable reached another instance")
	}
	if outcome, _ := r.Receive(t.Context(), d); outcome != bus.Done || got.name != "deleted" {
		t.Errorf("delivered again: outcome %d, called %q", outcome, got.name)
	}
	i.must(two.Refresh(t.Context()))
	if !i.refused(two, raw) {
		t.Error("handled, and not refused elsewhere")
	}
}

func TestAStoreThatCannotBeReadIsSaidAndAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t)
		one, two := i.instance(), i.instance()
		if two.Ready(t.Context()) == nil {
			t.Error("ready before anything was read")
		}
		i.must(two.Refresh(t.Context()))
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- two.Run(ctx) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		if err := two.Ready(t.Context()); err != nil || i.log.Len() > 0 {
			t.Errorf("control: while all is well: %v, %s", err, &i.log)
		}
		raw := i.token(authz.RoleAdmin)
		i.must(one.Revoke(t.Context(), admin))
		i.store.fails.Store(true)
		time.Sleep(staleAfter + refreshEvery)
		synctest.Wait()
		if err := two.Ready(t.Context()); !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(i.log.String(), "could not be read") {
			t.Errorf("said %v, logged %q", err, &i.log)
		}
		if i.refused(two, raw) {
			t.Error("control: refused though nothing was read")
		}
		i.store.fails.Store(false)
		time.Sleep(refreshEvery)
		synctest.Wait()
		if err := two.Ready(t.Context()); err != nil || !i.refused(two, raw) {
			t.Errorf("when it can be read again: %v", err)
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("stopped with %v", err)
		}
	})
}
