package keyring

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault/kms"
)

func newRoot(t testing.TB) kms.Key {
	t.Helper()
	root, err := kms.Open(t.Context(), "file:"+filepath.Join(t.TempDir(), "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func openRing(t testing.TB, dir string, root kms.Key) *Ring {
	t.Helper()
	r, err := Open(t.Context(), dir, root)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func service(t testing.TB, r *Ring, name string) []byte {
	t.Helper()
	secret, err := r.Service(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func TestProcessesThatStartTogetherShareOneKeyring(t *testing.T) {
	dir, root := filepath.Join(t.TempDir(), "ring"), newRoot(t)
	const n = 8
	rings, secrets := make([]*Ring, n), make([][]byte, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			r, err := Open(t.Context(), dir, root)
			if err != nil {
				t.Error(err)
				return
			}
			rings[i] = r
			if secrets[i], err = r.Service(t.Context(), "bus"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for i := range n {
		if rings[i].ID() != rings[0].ID() || !bytes.Equal(rings[i].Claim(), rings[0].Claim()) || !bytes.Equal(secrets[i], secrets[0]) {
			t.Errorf("process %d has other keys", i)
		}
	}
}

// The lock alone must not be what keeps a key from being replaced: there are
// file systems without one.
func TestPublishNeverReplaces(t *testing.T) {
	d := folder(t.TempDir())
	if err := d.publish("x.key", []byte("first")); err != nil {
		t.Fatal(err)
	}
	if err := d.publish("x.key", []byte("second")); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v, want ErrExist", err)
	}
	if got, err := d.read("x.key"); err != nil || string(got) != "first" {
		t.Errorf("the file holds %q, %v", got, err)
	}
	// Control: replace, which is for rotations, does.
	if err := d.replace("x.key", []byte("third")); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.read("x.key"); string(got) != "third" {
		t.Errorf("control: the file holds %q", got)
	}
}

func TestFilesArePrivateAndNothingIsLeftOver(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ring")
	r := openRing(t, dir, newRoot(t))
	service(t, r, "bus")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 5 { // ring, claim, epoch-1, service-bus, lock
		t.Errorf("%d files, %v; want 5", len(entries), err)
	}
	for _, e := range entries {
		info, _ := e.Info()
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", e.Name(), info.Mode())
		}
	}
	if err := os.Chmod(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, newRoot(t)); err == nil {
		t.Error("a folder that the group can read was accepted")
	}
}

func TestAnotherRootKeyIsRefusedWithAClearError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ring")
	openRing(t, dir, newRoot(t))
	if _, err := Open(t.Context(), dir, newRoot(t)); !errors.Is(err, ErrWrongRoot) {
		t.Errorf("got %v, want ErrWrongRoot", err)
	}
}

// A file that is lost is an error for ever: made anew, it would open nothing,
// and a new claim key would let two customers hold one e-mail address.
func TestLostFilesAreNotMadeAgain(t *testing.T) {
	for _, lost := range []string{ringName, claimName, epochName(1)} {
		dir, root := filepath.Join(t.TempDir(), "ring"), newRoot(t)
		r := openRing(t, dir, root)
		service(t, r, "bus")
		if err := os.Remove(filepath.Join(dir, lost)); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, root); !errors.Is(err, ErrIncomplete) {
			t.Errorf("without %s: %v, want ErrIncomplete", lost, err)
		}
	}
}

func TestACreationThatWasCutShortStartsOver(t *testing.T) {
	dir, root := filepath.Join(t.TempDir(), "ring"), newRoot(t)
	first := openRing(t, dir, root)
	if err := os.Remove(filepath.Join(dir, ringName)); err != nil { // the last to be written
		t.Fatal(err)
	}
	again := openRing(t, dir, root)
	if again.ID() == first.ID() || bytes.Equal(again.Claim(), first.Claim()) {
		t.Error("it kept keys of the first attempt")
	}
}

// Files are bound to their name and their keyring.
func TestAFileInAnothersPlaceIsRefused(t *testing.T) {
	root := newRoot(t)
	dir, foreign := filepath.Join(t.TempDir(), "ring"), filepath.Join(t.TempDir(), "ring")
	service(t, openRing(t, dir, root), "a")
	service(t, openRing(t, foreign, root), "b")
	for from, to := range map[string]string{
		filepath.Join(dir, "service-a.key"):     filepath.Join(dir, "service-c.key"),
		filepath.Join(foreign, "service-b.key"): filepath.Join(dir, "service-b.key"),
	} {
		content, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := openRing(t, dir, root)
	for _, name := range []string{"b", "c"} {
		if _, err := r.Service(t.Context(), name); !errors.Is(err, ErrWrongRoot) {
			t.Errorf("%s: %v, want ErrWrongRoot", name, err)
		}
	}
	service(t, r, "a") // control: in its own place it opens
}

func TestEpochsAreSharedAndDestroyed(t *testing.T) {
	dir, root := filepath.Join(t.TempDir(), "ring"), newRoot(t)
	a, b := openRing(t, dir, root), openRing(t, dir, root)
	held, err := os.Open(filepath.Join(dir, epochName(1))) // sees what becomes of the blocks
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if n, err := a.NextEpoch(t.Context()); n != 2 || err != nil {
		t.Fatalf("NextEpoch: %d, %v", n, err)
	}
	if b.Current() != 1 {
		t.Errorf("b is at %d before it looked", b.Current())
	}
	if n, err := b.Refresh(t.Context()); n != 2 || err != nil {
		t.Errorf("Refresh: %d, %v", n, err)
	}
	if n, err := b.NextEpoch(t.Context()); n != 3 || err != nil {
		t.Errorf("NextEpoch of b: %d, %v", n, err)
	}
	stray := filepath.Join(dir, "."+epochName(1)+".123") // left by a crash
	if err := os.WriteFile(stray, []byte("wrapped"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.DestroyBelow(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	for _, epoch := range []uint32{1, 2} {
		if _, err := a.Epoch(t.Context(), epoch); !errors.Is(err, ErrNoKey) {
			t.Errorf("epoch %d: %v, want ErrNoKey", epoch, err)
		}
	}
	if _, err := a.Epoch(t.Context(), 3); err != nil {
		t.Errorf("epoch 3: %v", err)
	}
	content := make([]byte, 200)
	n, _ := held.Read(content)
	if n == 0 || len(bytes.Trim(content[:n], "\x00")) != 0 {
		t.Error("the destroyed file was not overwritten")
	}
	if _, err := os.Stat(stray); err == nil {
		t.Error("a staged copy of a destroyed key is left")
	}
}

// failing stops wrapping after some calls.
type failing struct {
	kms.Key
	left int
}

func (f *failing) Wrap(ctx context.Context, plain, aad []byte) ([]byte, error) {
	if f.left--; f.left < 0 {
		return nil, errors.New("the key service is down")
	}
	return f.Key.Wrap(ctx, plain, aad)
}

// A rotation of the root key may be cut short anywhere: run again, it ends,
// and no key was lost or changed.
func TestARootRotationThatWasCutShortCanBeRunAgain(t *testing.T) {
	for cut := range 5 {
		dir, from, to := filepath.Join(t.TempDir(), "ring"), newRoot(t), newRoot(t)
		r := openRing(t, dir, from)
		id, claim, bus := r.ID(), r.Claim(), service(t, r, "bus")
		err := Rotate(t.Context(), dir, from, &failing{Key: to, left: cut})
		if done := cut >= 4; (err == nil) != done { // ring, claim, epoch-1, service-bus
			t.Fatalf("cut after %d: %v", cut, err)
		}
		if err := Rotate(t.Context(), dir, from, to); err != nil {
			t.Fatalf("cut after %d, again: %v", cut, err)
		}
		if _, err := Open(t.Context(), dir, from); !errors.Is(err, ErrWrongRoot) {
			t.Errorf("cut after %d: the old root key: %v, want ErrWrongRoot", cut, err)
		}
		again := openRing(t, dir, to)
		if again.ID() != id || !bytes.Equal(again.Claim(), claim) || !bytes.Equal(service(t, again, "bus"), bus) {
			t.Errorf("cut after %d: keys changed", cut)
		}
		if err := eachFile(dir, from, id); err != nil {
			t.Errorf("cut after %d: %v", cut, err)
		}
		if _, err := r.Service(t.Context(), "new"); !errors.Is(err, ErrRootMoved) {
			t.Errorf("cut after %d: a process with the old root key: %v, want ErrRootMoved", cut, err)
		}
	}
}

// eachFile tries a retired root key on every file.
func eachFile(dir string, root kms.Key, id uuid.UUID) error {
	names, err := folder(dir).names()
	if err != nil {
		return err
	}
	for _, name := range names {
		of := id
		if name == ringName {
			of = uuid.Nil
		}
		wrapped, err := folder(dir).read(name)
		if err != nil {
			return err
		}
		if _, err := root.Unwrap(context.Background(), wrapped, []byte(purpose(of, name))); err == nil {
			return errors.New("the retired root key opens " + name)
		}
	}
	return nil
}

func TestServiceNames(t *testing.T) {
	r := openRing(t, filepath.Join(t.TempDir(), "ring"), newRoot(t))
	for _, name := range []string{"", "/x", "../x", "A", "a b", "a_b", strings.Repeat("a", 200)} {
		if _, err := r.Service(t.Context(), name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	service(t, r, "dead-letter/2026-11-23")
	if names, err := r.Services(); err != nil || len(names) != 1 || names[0] != "dead-letter/2026-11-23" {
		t.Errorf("Services: %v, %v", names, err)
	}
}
