package vault_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/kms"
	"github.com/acme/customers/internal/vault/memory"
)

// place is where one vault's keyring and root key live.
type place struct{ ring, root string }

func newPlace(t testing.TB) place {
	dir := t.TempDir()
	return place{ring: filepath.Join(dir, "keyring"), root: "file:" + filepath.Join(dir, "root.key")}
}

func (p place) key(t testing.TB) kms.Key {
	t.Helper()
	root, err := kms.Open(t.Context(), p.root)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func (p place) open(t testing.TB, store vault.KeyStore) *vault.Vault {
	t.Helper()
	v, err := vault.Open(t.Context(), vault.Config{Store: store, Keyring: p.ring, Root: p.key(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func create(t testing.TB, v *vault.Vault, subject uuid.UUID) *vault.Keys {
	t.Helper()
	keys, err := v.Create(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

var aad = []byte("aad")

// opens tells whether keys open what was sealed under aad.
func opens(keys *vault.Keys, sealed []byte) bool {
	_, err := keys.Open(vault.Personal, aad, sealed)
	return err == nil
}

func TestCreateGivesTheSameKeysForEver(t *testing.T) {
	p, store := newPlace(t), memory.New()
	v, subject := p.open(t, store), uuid.New()
	sealed := create(t, v, subject).Seal(vault.Personal, aad, []byte("x"))
	v.Forget(subject)
	if !opens(create(t, v, subject), sealed) {
		t.Error("the second Create gave other keys")
	}
	again := p.open(t, store) // as after a restart
	keys, err := again.Keys(t.Context(), subject)
	if err != nil || !opens(keys, sealed) {
		t.Errorf("after a restart: %v", err)
	}
	if opens(create(t, v, uuid.New()), sealed) {
		t.Error("control: another subject's keys open it")
	}
}

func TestASubjectWithoutARowHasNoKeys(t *testing.T) {
	v := newPlace(t).open(t, memory.New())
	if _, err := v.Keys(t.Context(), uuid.New()); !errors.Is(err, vault.ErrNoKeys) {
		t.Errorf("got %v, want ErrNoKeys", err)
	}
}

func TestManyAndScanGiveTheLivingInOrder(t *testing.T) {
	v := newPlace(t).open(t, memory.New())
	var subjects []uuid.UUID
	sealed := map[uuid.UUID][]byte{}
	for range 5 {
		subject := uuid.Must(uuid.NewV7())
		subjects = append(subjects, subject)
		sealed[subject] = create(t, v, subject).Seal(vault.Personal, aad, []byte("x"))
	}
	if err := v.Fence(t.Context(), subjects[2]); err != nil {
		t.Fatal(err)
	}
	v.Forget(subjects[3:]...) // some from the cache, some from the store
	many, err := v.Many(t.Context(), append(subjects, uuid.New()))
	if err != nil || len(many) != 4 {
		t.Fatalf("Many: %d, %v; want 4", len(many), err)
	}
	entries, err := v.Scan(t.Context(), subjects[0], 9)
	if err != nil || len(entries) != 3 {
		t.Fatalf("Scan: %d, %v; want 3", len(entries), err)
	}
	for i, want := range []uuid.UUID{subjects[1], subjects[3], subjects[4]} {
		if entries[i].Subject != want || !opens(entries[i].Keys, sealed[want]) || !opens(many[want], sealed[want]) {
			t.Errorf("entry %d is %v, want %v with its keys", i, entries[i].Subject, want)
		}
	}
}

// down is a key store that fails, or that hides its failure as "no row".
type downStore struct {
	vault.KeyStore
	broken, lies bool
}

func (d *downStore) Get(ctx context.Context, s []uuid.UUID) ([]vault.Row, error) {
	switch {
	case d.lies:
		return nil, nil
	case d.broken:
		return nil, fault.ErrUnavailable
	}
	return d.KeyStore.Get(ctx, s)
}

func (d *downStore) Insert(ctx context.Context, rows []vault.Row) ([]vault.Row, error) {
	if d.broken {
		return nil, fault.ErrUnavailable
	}
	return d.KeyStore.Insert(ctx, rows)
}

func (d *downStore) Scan(ctx context.Context, q vault.Query) ([]vault.Row, error) {
	if d.broken {
		return nil, fault.ErrUnavailable
	}
	return d.KeyStore.Scan(ctx, q)
}

// A store that is down is a 503 and nothing else. The control is a store that
// answers "no row" instead: then the vault cannot know, and says ErrNoKeys.
func TestAKeyStoreThatIsDownIsNeverAnAnswer(t *testing.T) {
	good := memory.New()
	store := &downStore{KeyStore: good}
	v := newPlace(t).open(t, store)
	subject := uuid.New()
	sealed := create(t, v, subject).Seal(vault.Personal, aad, []byte("x"))
	v.Forget(subject)

	store.broken = true
	_, keys := v.Keys(t.Context(), subject)
	_, many := v.Many(t.Context(), []uuid.UUID{subject})
	_, scan := v.Scan(t.Context(), uuid.Nil, 1)
	_, made := v.Create(t.Context(), uuid.New())
	for name, err := range map[string]error{"Keys": keys, "Many": many, "Scan": scan, "Create": made} {
		if !errors.Is(err, fault.ErrKeyStore) {
			t.Errorf("%s: %v, want ErrKeyStore", name, err)
		}
	}
	store.broken = false
	if rows, _ := good.Scan(t.Context(), vault.Query{Limit: 9}); len(rows) != 1 {
		t.Errorf("%d rows, want 1: something was minted", len(rows))
	}
	if k, err := v.Keys(t.Context(), subject); err != nil || !opens(k, sealed) {
		t.Errorf("afterwards: %v", err)
	}

	v.Forget(subject)
	store.lies = true
	if _, err := v.Keys(t.Context(), subject); !errors.Is(err, vault.ErrNoKeys) {
		t.Errorf("control: %v, want ErrNoKeys from a store that lies", err)
	}
	store.lies = false
	// Even then nothing is replaced: the insert meets the row.
	if k, err := v.Create(t.Context(), subject); err != nil || !opens(k, sealed) {
		t.Errorf("a Create after the lie replaced the key: %v", err)
	}
}

func TestManyCallersShareOneInsert(t *testing.T) {
	store := &counting{KeyStore: memory.New(), gate: make(chan struct{})}
	v := newPlace(t).open(t, store)
	const callers = 200
	errs := make(chan error, callers)
	for i := range callers {
		go func() {
			_, err := v.Create(t.Context(), uuid.UUID{byte(i / 2)}) // two want the same
			errs <- err
		}()
	}
	close(store.gate)
	for range callers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if rows, _ := store.Scan(t.Context(), vault.Query{Limit: 999}); len(rows) != callers/2-1 { // uuid.Nil is before all
		t.Errorf("%d rows, want %d", len(rows), callers/2-1)
	}
	if store.inserts > callers/2 {
		t.Errorf("%d inserts for %d callers", store.inserts, callers)
	}
}

type counting struct {
	vault.KeyStore
	gate    chan struct{}
	inserts int // by one worker
}

func (c *counting) Insert(ctx context.Context, rows []vault.Row) ([]vault.Row, error) {
	<-c.gate
	c.inserts++
	return c.KeyStore.Insert(ctx, rows)
}

func TestOpenRefusesWhatDoesNotBelongTogether(t *testing.T) {
	p, store := newPlace(t), memory.New()
	v := p.open(t, store)
	create(t, v, uuid.New())
	foreign, other := newPlace(t), newPlace(t)

	open := func(ring, root string) error {
		key, err := kms.Open(t.Context(), root)
		if err != nil {
			t.Fatal(err)
		}
		_, err = vault.Open(t.Context(), vault.Config{Store: store, Keyring: ring, Root: key})
		return err
	}
	if err := open(p.ring, other.root); err == nil {
		t.Error("a wrong root key opened the keyring")
	}
	if err := open(foreign.ring, foreign.root); err == nil {
		t.Error("a new keyring took over the key store")
	}
	if err := store.Raise(t.Context(), 99); err != nil {
		t.Fatal(err)
	}
	if err := open(p.ring, p.root); err == nil {
		t.Error("a keyring that is older than the key store was accepted")
	}
}

func TestBlindSeparatesKindsAndKeyrings(t *testing.T) {
	p, store := newPlace(t), memory.New()
	v := p.open(t, store)
	want := v.Blind("email", "a@example.com")
	if got := p.open(t, store).Blind("email", "a@example.com"); got != want {
		t.Error("a restart changed it")
	}
	for _, other := range [][32]byte{v.Blind("phone", "a@example.com"), v.Blind("email", "b@example.com"),
		v.Blind("emaila", "@example.com"), newPlace(t).open(t, memory.New()).Blind("email", "a@example.com")} {
		if other == want {
			t.Error("another kind, value or keyring gives the same hash")
		}
	}
}

func TestServiceKeysLastUntilTheyAreDestroyed(t *testing.T) {
	p, store := newPlace(t), memory.New()
	v := p.open(t, store)
	service := func(v *vault.Vault, name string) *vault.Keys {
		t.Helper()
		keys, err := v.Service(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	sealed := service(v, "dead-letter/2026-11-23").Seal(vault.Personal, aad, []byte("x"))
	if !opens(service(p.open(t, store), "dead-letter/2026-11-23"), sealed) {
		t.Error("a restart changed the key")
	}
	if opens(service(v, "access-log"), sealed) {
		t.Error("another name has the same key")
	}
	if names, err := v.Services(); err != nil || len(names) != 2 || names[1] != "dead-letter/2026-11-23" {
		t.Errorf("Services: %v, %v", names, err)
	}
	if err := v.DestroyService(t.Context(), "dead-letter/2026-11-23"); err != nil {
		t.Fatal(err)
	}
	if opens(service(v, "dead-letter/2026-11-23"), sealed) {
		t.Error("the destroyed key opens")
	}
	if _, err := v.Service(t.Context(), "../root"); err == nil {
		t.Error("a name that leaves the folder was taken")
	}
}

func TestOrphansAreDestroyedAndNothingElse(t *testing.T) {
	store := memory.New()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	p := newPlace(t)
	v, err := vault.Open(t.Context(), vault.Config{Store: store, Keyring: p.ring, Root: p.key(t), Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	old, orphan := uuid.New(), uuid.New()
	create(t, v, old)
	create(t, v, orphan)
	now = now.Add(24 * time.Hour)
	young := uuid.New()
	create(t, v, young)
	streams := map[uuid.UUID]bool{old: true, orphan: false}
	has := func(context.Context, []uuid.UUID) (map[uuid.UUID]bool, error) { return streams, nil }

	n, err := v.DestroyOrphans(t.Context(), now, has)
	if n != 1 || err != nil {
		t.Errorf("destroyed %d, %v; want 1", n, err)
	}
	if _, err := v.Create(t.Context(), orphan); !errors.Is(err, fault.ErrErased) {
		t.Errorf("the orphan: %v, want ErrErased", err)
	}
	for _, subject := range []uuid.UUID{old, young} {
		if _, err := v.Keys(t.Context(), subject); err != nil {
			t.Errorf("%v lost its keys: %v", subject, err)
		}
	}
	// Silence about a subject, or a log in which nobody exists, destroys nothing.
	for range 20 {
		create(t, v, uuid.New())
	}
	now = now.Add(48 * time.Hour)
	if n, err := v.DestroyOrphans(t.Context(), now, has); n != 0 || err == nil {
		t.Errorf("unknown subjects: destroyed %d, %v; want an error", n, err)
	}
	none := func(_ context.Context, s []uuid.UUID) (map[uuid.UUID]bool, error) {
		m := map[uuid.UUID]bool{}
		for _, id := range s {
			m[id] = false
		}
		return m, nil
	}
	if n, err := v.DestroyOrphans(t.Context(), now, none); n != 0 || !errors.Is(err, vault.ErrTooManyOrphans) {
		t.Errorf("an empty log: destroyed %d, %v; want ErrTooManyOrphans", n, err)
	}
}
