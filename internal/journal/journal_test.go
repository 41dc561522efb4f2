package journal_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/memory"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	keymemory "github.com/acme/customers/internal/vault/memory"
)

// bench is a journal on the in-memory drivers.
type bench struct {
	store eventstore.Store
	vault *vault.Vault
	*journal.Journal
	agg *event.Aggregate[customer.State]
}

func open(t testing.TB, wrap func(eventstore.Store) eventstore.Store) *bench {
	t.Helper()
	root, err := kms.Open(t.Context(), "file:"+t.TempDir()+"/root.key")
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Config{Store: keymemory.New(), Keyring: t.TempDir() + "/ring", Root: root})
	if err != nil {
		t.Fatal(err)
	}
	agg, err := customer.New()
	if err != nil {
		t.Fatal(err)
	}
	var store eventstore.Store = memory.Open()
	t.Cleanup(func() { v.Close(); store.Close() })
	if wrap != nil {
		store = wrap(store)
	}
	return &bench{store: store, vault: v, Journal: journal.New(store, v), agg: agg}
}

func meta() event.Meta {
	return event.Meta{Actor: event.ActorAdmin, ActorID: "agent-7", Source: "api", Reason: "asked by phone", At: time.Now()}
}

func (b *bench) do(t testing.TB, c journal.Command[customer.State, customer.Event], cmd customer.Command) (journal.Loaded[customer.State], error) {
	c.Decide, c.Meta = cmd.Decide, meta()
	return journal.Execute(t.Context(), b.Journal, b.agg, c)
}

func (b *bench) register(t testing.TB, email string) journal.Loaded[customer.State] {
	t.Helper()
	out, err := b.do(t, journal.Command[customer.State, customer.Event]{ID: uuid.Must(uuid.NewV7()), New: true}, customer.Register{At: time.Now(), Email: email})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatIsExecutedIsLoadedReplayedAndTheSame(t *testing.T) {
	b := open(t, nil)
	made := b.register(t, "ada@example.com")
	id := made.Row.ID
	born := "1990-02-28"
	changed, err := b.do(t, journal.Command[customer.State, customer.Event]{ID: id}, customer.UpdateProfile{At: time.Now(), DateOfBirth: &born,
		Attributes: map[string]any{"size": 42.5, "vip": true, "note": "x"}})
	if err != nil || changed.Version != 2 {
		t.Fatalf("version %d, %v", changed.Version, err)
	}
	loaded, err := journal.Load(t.Context(), b.Journal, b.agg, id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(changed, loaded); diff != "" {
		t.Errorf("executed and loaded differ:\n%s", diff)
	}
	was, err := journal.AtVersion(t.Context(), b.Journal, b.agg, id, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made.State, was.State); diff != "" {
		t.Errorf("version 1 then and now differ:\n%s", diff)
	}
	snaps, _ := b.store.Scan(t.Context(), customer.Stream, uuid.Nil, 10)
	if err := journal.Check(t.Context(), b.Journal, b.agg, &snaps[0].Snapshot); err != nil {
		t.Error(err)
	}
	err = journal.Replay(t.Context(), b.Journal, b.agg, id, func(s journal.Step[customer.State]) bool {
		if s.Meta.ActorID != "agent-7" || s.Meta.Reason != "asked by phone" {
			t.Errorf("version %d lost who did it", s.Version)
		}
		return true
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAsOf(t *testing.T) {
	b := open(t, nil)
	made := b.register(t, "ada@example.com")
	records, _ := b.store.Stream(t.Context(), event.Stream{Type: customer.Stream, ID: made.Row.ID}, 0, 10)
	at := records[0].RecordedAt
	if _, err := b.do(t, journal.Command[customer.State, customer.Event]{ID: made.Row.ID}, customer.Activate{}); err != nil {
		t.Fatal(err)
	}
	if then, err := journal.AsOf(t.Context(), b.Journal, b.agg, made.Row.ID, at.Add(-time.Microsecond)); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("before the first event: version %d, %v", then.Version, err)
	}
	if now, err := journal.AsOf(t.Context(), b.Journal, b.agg, made.Row.ID, time.Now().Add(time.Hour)); err != nil || now.State.Status != customer.Active {
		t.Errorf("later: %v", err)
	}
}

// 64 writers who saw the same version: one wins.
func TestIfMatchLetsOneWin(t *testing.T) {
	b := open(t, nil)
	id, saw := b.register(t, "ada@example.com").Row.ID, int64(1)
	var wg sync.WaitGroup
	outcomes := make([]error, 64)
	for i := range outcomes {
		wg.Go(func() {
			tags := []string{fmt.Sprint("t", i)}
			_, outcomes[i] = b.do(t, journal.Command[customer.State, customer.Event]{ID: id, IfMatch: &saw}, customer.ChangeDetails{Tags: &tags})
		})
	}
	wg.Wait()
	won := 0
	for _, err := range outcomes {
		if err == nil {
			won++
		} else if !errors.Is(err, fault.ErrPrecondition) {
			t.Errorf("a loser got %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

// racing is a store on which another instance changes the stream just before
// the first n commits.
type racing struct {
	eventstore.Store
	n       int
	between func()
}

func (r *racing) Commit(ctx context.Context, c eventstore.Commit) (eventstore.Committed, error) {
	if r.n > 0 {
		r.n--
		r.between()
	}
	return r.Store.Commit(ctx, c)
}

func TestALostRaceIsDecidedAgainAtMostThreeTimes(t *testing.T) {
	for _, lost := range []int{1, 2, 3} {
		race := &racing{}
		b := open(t, func(s eventstore.Store) eventstore.Store { race.Store = s; return race })
		id := b.register(t, "ada@example.com").Row.ID
		other := journal.New(race.Store, b.vault) // another instance: it shares no locks
		race.n, race.between = lost, func() {
			tags := []string{fmt.Sprint(race.n)}
			_, err := journal.Execute(t.Context(), other, b.agg, journal.Command[customer.State, customer.Event]{ID: id, Meta: meta(), Decide: customer.ChangeDetails{Tags: &tags}.Decide})
			if err != nil {
				t.Error(err)
			}
		}
		out, err := b.do(t, journal.Command[customer.State, customer.Event]{ID: id}, customer.Activate{})
		if lost < 3 && (err != nil || out.State.Tags == nil || out.State.Status != customer.Active) {
			t.Errorf("after %d lost races: %v", lost, err)
		}
		if lost == 3 && !errors.Is(err, fault.ErrVersion) {
			t.Errorf("after 3 lost races: %v", err)
		}
	}
}

func TestNothingComesBackForAFencedSubject(t *testing.T) {
	b := open(t, nil)
	id := b.register(t, "ada@example.com").Row.ID
	if err := b.vault.Fence(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Load(t.Context(), b.Journal, b.agg, id); !errors.Is(err, fault.ErrErased) {
		t.Errorf("loaded with the key gone: %v", err)
	}
	if err := b.store.Fence(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	for name, cmd := range map[string]journal.Command[customer.State, customer.Event]{"change": {ID: id}, "register again": {ID: id, New: true}} {
		if _, err := b.do(t, cmd, customer.Register{At: time.Now(), Email: "ada@example.com"}); !errors.Is(err, fault.ErrErased) && !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAWrongCodeIsRecordedAndRefused(t *testing.T) {
	b := open(t, nil)
	id := b.register(t, "ada@example.com").Row.ID
	ask := customer.RequestVerification{Channel: customer.ByEmail, DeliveryID: "d", At: time.Now(), Policy: customer.DefaultPolicy()}
	if _, err := b.do(t, journal.Command[customer.State, customer.Event]{ID: id}, ask); err != nil {
		t.Fatal(err)
	}
	wrong := customer.ConfirmVerification{Channel: customer.ByEmail, Code: "x", Expected: func(string, string) string { return "y" }, At: time.Now(), Policy: customer.DefaultPolicy()}
	if _, err := b.do(t, journal.Command[customer.State, customer.Event]{ID: id}, wrong); !errors.Is(err, fault.ErrCodeWrong) {
		t.Errorf("got %v", err)
	}
	now, err := journal.Load(t.Context(), b.Journal, b.agg, id)
	if err != nil || now.State.Internal.EmailCode.Failed != 1 || now.Version != 3 {
		t.Errorf("the attempt is not recorded: version %d, %v", now.Version, err)
	}
}

// A stream without a key is the key store's fault: that there is no customer
// would be a lie, and a new key in its place would be the end of the old one.
func TestAMissingKeyIsNotAMissingCustomer(t *testing.T) {
	b, other := open(t, nil), open(t, nil)
	id := b.register(t, "ada@example.com").Row.ID
	j := journal.New(b.store, other.vault) // the right log, the wrong keys
	if _, err := journal.Load(t.Context(), j, b.agg, id); !errors.Is(err, fault.ErrKeyStore) {
		t.Errorf("loaded: %v", err)
	}
	if _, err := journal.AsOf(t.Context(), j, b.agg, id, time.Now()); !errors.Is(err, fault.ErrKeyStore) {
		t.Errorf("as of: %v", err)
	}
	_, err := journal.Execute(t.Context(), j, b.agg, journal.Command[customer.State, customer.Event]{ID: id, Meta: meta(), Decide: customer.Activate{}.Decide})
	if !errors.Is(err, fault.ErrKeyStore) {
		t.Errorf("executed: %v", err)
	}
	if _, err := journal.Load(t.Context(), j, b.agg, uuid.Must(uuid.NewV7())); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}
