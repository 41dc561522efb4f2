package trust

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/acme/customers/trust/people"
	"github.com/acme/customers/trust/service"
)

// A thief has the event store, the key store and the
// keyring, and tries every 32 bytes of what he has as the key of what is
// sealed. He need not know what the service authenticates: under the right key
// the counter mode of AES-GCM shows the words, whatever the tag says.

func TestAThiefWithoutTheRootKeyReadsNothing(t *testing.T) {
	s := service.Start(t, service.Config{})
	victim := people.Make(27, 1)[0].Registration
	a, err := s.Client(t).Do("POST", "/v1/customers", victim)
	if err != nil || a.Status != 201 {
		t.Fatalf("%v %v", a, err)
	}
	s.Stop(t)
	words := []string{victim.Name.Given, victim.Name.Family, victim.Email, victim.Addresses[0].Street[0], victim.Addresses[0].City}
	sealed := blobs(t, filepath.Join(s.Data, "events.db"))
	if read := try(t, sealed, words, filepath.Join(s.Data, "keys.db"), s.Data+".keyring"); read > 0 {
		t.Errorf("%d words were read", read)
	}

	// The control: a key that lies beside what it opens.
	key, nonce := random(32), random(12)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	plain := append(random(20), words[0]+" and more"...)
	control := [][]byte{slices.Concat([]byte{1, 2, 3}, nonce, aead.Seal(nil, nonce, plain, []byte("bound to this")))}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "keys"), slices.Concat(random(777), key, random(99)), 0o600); err != nil {
		t.Fatal(err)
	}
	if try(t, control, words, dir) == 0 {
		t.Error("control: a key that lies beside is not found")
	}
}

// blobs are the binary values of a database that nobody uses, long enough to
// hold a sealed value.
func blobs(t *testing.T, path string) (all [][]byte) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, table := range column(t, db, `SELECT name FROM sqlite_schema WHERE type = 'table'`) {
		for _, name := range column(t, db, `SELECT name FROM pragma_table_info('`+table+`')`) {
			for _, v := range column(t, db, fmt.Sprintf(`SELECT CAST(%q AS BLOB) FROM %q WHERE typeof(%q) = 'blob' AND length(%q) > 40`, name, table, name, name)) {
				all = append(all, []byte(v))
			}
		}
	}
	if len(all) == 0 {
		t.Fatal("nothing looks sealed")
	}
	return all
}

func column(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// try counts the words that some 32 bytes of the files show in a sealed value.
// The nonce may stand behind a header of up to 32 bytes.
func try(t *testing.T, sealed [][]byte, words []string, stolen ...string) (read int) {
	t.Helper()
	keys := 0
	plain := make([]byte, 300)
	for _, material := range contents(t, stolen) {
		for at := 0; at+32 <= len(material); at++ {
			if dull(material[at : at+32]) {
				continue
			}
			keys++
			block, err := aes.NewCipher(material[at : at+32])
			if err != nil {
				t.Fatal(err)
			}
			for _, blob := range sealed {
				for header := 0; header < 32 && header+12 < len(blob); header++ {
					body := blob[header+12:]
					n := min(len(body), len(plain))
					counter := append(bytes.Clone(blob[header:header+12]), 0, 0, 0, 2) // NIST SP 800-38D, 7.1
					cipher.NewCTR(block, counter).XORKeyStream(plain[:n], body[:n])
					for _, w := range words {
						if bytes.Contains(plain[:n], []byte(w)) {
							read++
						}
					}
				}
			}
		}
	}
	t.Logf("%d keys tried on %d values", keys, len(sealed))
	if keys == 0 {
		t.Fatal("there is nothing to try")
	}
	return read
}

// contents are the files below some paths.
func contents(t *testing.T, paths []string) (all [][]byte) {
	t.Helper()
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			all = append(all, raw)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// dull tells bytes that are no random key: too many of them are equal.
func dull(b []byte) bool {
	var seen [256]bool
	distinct := 0
	for _, c := range b {
		if !seen[c] {
			seen[c] = true
			distinct++
		}
	}
	return distinct < 22
}
