package vault_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/sqlite"
)

// secretOf opens a row the way an attacker with the epoch key would, written
// against the documented format and not with the vault's code.
func secretOf(t testing.TB, row vault.Row, epoch []byte) []byte {
	t.Helper()
	aad := append([]byte("customers/keys/v1/"), row.Subject[:]...)
	aad = binary.BigEndian.AppendUint32(aad, row.Epoch)
	secret, ok := tryKey(epoch, row.Wrapped[1:], aad)
	if !ok {
		t.Fatal("the documented format of a row is wrong")
	}
	return secret
}

// tryKey opens nonce|ciphertext|tag under a key.
func tryKey(key, sealed, aad []byte) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	gcm, _ := cipher.NewGCM(block)
	if len(sealed) < gcm.NonceSize() {
		return nil, false
	}
	plain, err := gcm.Open(nil, sealed[:gcm.NonceSize()], sealed[gcm.NonceSize():], aad)
	return plain, err == nil
}

// stolen is what lies in the folders of the data, the key store and the
// keyring, and optionally the root key.
type stolen struct {
	rows   []vault.Row
	ring   string            // the folder
	files  map[string][]byte // all bytes, by path
	sealed map[uuid.UUID][]byte
}

// windows gives every 32 bytes in a row that the files hold: whatever key lies
// there in clear is among them.
func (s stolen) windows(yield func([]byte) bool) {
	for _, content := range s.files {
		for i := range max(0, len(content)-31) {
			window := content[i : i+32]
			if bytes.Count(window, []byte{0}) < 8 && !yield(window) { // no random key has that many
				return
			}
		}
	}
}

// attack opens what it can: it takes every window for a data key, for an epoch
// key and for the root key.
func (s stolen) attack() (opened int) {
	var epochs [][]byte
	for key := range s.windows {
		wrapped := s.files[filepath.Join(s.ring, "ring.key")]
		id, ok := tryKey(key, wrapped[1:], []byte("customers/keyring/v1/"+uuid.Nil.String()+"/ring.key"))
		if ok {
			aad := "customers/keyring/v1/" + uuid.UUID(id).String() + "/epoch-1.key"
			if epoch, ok := tryKey(key, s.files[filepath.Join(s.ring, "epoch-1.key")][1:], []byte(aad)); ok {
				epochs = append(epochs, epoch)
			}
		}
	}
	for i, row := range s.rows {
		candidates := slices.Clone(epochs)
		aad := binary.BigEndian.AppendUint32(append([]byte("customers/keys/v1/"), row.Subject[:]...), row.Epoch)
		if i == 0 { // an epoch key that lies there in clear would open the first row
			candidates = slices.AppendSeq(candidates, s.windows)
		}
		for _, key := range candidates {
			pair, ok := tryKey(key, row.Wrapped[1:], aad)
			if !ok {
				continue
			}
			if _, ok := tryKey(pair[:32], s.sealed[row.Subject][1:], []byte("aad")); ok {
				opened++
				break
			}
		}
	}
	return opened
}

// Everything but the root key opens nothing. The control adds the root key's
// file to the loot, and the same attack opens everything.
func TestWithoutTheRootKeyTheFilesOpenNothing(t *testing.T) {
	p := newPlace(t)
	dir := t.TempDir()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "keys.db"))
	if err != nil {
		t.Fatal(err)
	}
	v := p.open(t, store)
	loot := stolen{ring: p.ring, files: map[string][]byte{}, sealed: map[uuid.UUID][]byte{}}
	const n = 20
	for range n {
		subject := uuid.New()
		loot.sealed[subject] = create(t, v, subject).Seal(vault.Personal, aad, []byte("jane@example.com"))
	}
	if loot.rows, err = store.Scan(t.Context(), vault.Query{Limit: 99}); err != nil || len(loot.rows) != n {
		t.Fatal(err)
	}
	for _, folder := range []string{dir, p.ring} {
		loot.take(t, folder)
	}
	if opened := loot.attack(); opened != 0 {
		t.Errorf("the files open %d of %d", opened, n)
	}
	loot.take(t, strings.TrimPrefix(p.root, "file:"))
	if opened := loot.attack(); opened != n {
		t.Errorf("control: with the root key the attack opens %d of %d", opened, n)
	}
}

// take reads all files below a path, by another process: closing an open
// database's file in this one would drop SQLite's locks on it.
func (s stolen) take(t testing.TB, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := exec.Command("cat", path).Output()
		s.files[path] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.files) == 0 {
		t.Fatal("nothing was read")
	}
}
