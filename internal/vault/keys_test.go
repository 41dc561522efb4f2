package vault_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/acme/customers/internal/vault"
	"github.com/acme/customers/internal/vault/memory"
)

// sealer is what the checks below need of Keys.
type sealer interface {
	Seal(class vault.Class, aad, plain []byte) []byte
	Open(class vault.Class, aad, sealed []byte) ([]byte, error)
}

func testKeys(t testing.TB) *vault.Keys {
	t.Helper()
	return create(t, newPlace(t).open(t, memory.New()), uuid.New())
}

func TestOpenGivesBackWhatWasSealed(t *testing.T) {
	keys := testKeys(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "plain")
		aad := rapid.SliceOf(rapid.Byte()).Draw(t, "aad")
		class := rapid.SampledFrom([]vault.Class{vault.Personal, vault.Sensitive}).Draw(t, "class")
		got, err := keys.Open(class, aad, keys.Seal(class, aad, plain))
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes came back as %d, %v", len(plain), len(got), err)
		}
	})
}

// moved seals n values, moves each to another subject, class or aad or changes
// a bit, and counts how many still open.
func moved(n int, mine, other sealer) (opened int) {
	for i := range n {
		class, aad, from := vault.Personal, binary.BigEndian.AppendUint32(nil, uint32(i)), mine
		sealed := mine.Seal(class, aad, []byte("jane@example.com"))
		switch i % 4 {
		case 0:
			from = other
		case 1:
			class = vault.Sensitive
		case 2:
			aad[i/4%len(aad)] ^= 1 << (i % 8)
		case 3:
			sealed[i/4%len(sealed)] ^= 1 << (i % 8)
		}
		if _, err := from.Open(class, aad, sealed); err == nil {
			opened++
		} else if !errors.Is(err, vault.ErrTampered) {
			return -1
		}
	}
	return opened
}

// ignoresAAD is the control: a sealer that binds nothing.
type ignoresAAD struct{ *vault.Keys }

func (k ignoresAAD) Seal(c vault.Class, _, plain []byte) []byte {
	return k.Keys.Seal(c, nil, plain)
}
func (k ignoresAAD) Open(c vault.Class, _, sealed []byte) ([]byte, error) {
	return k.Keys.Open(c, nil, sealed)
}

func TestMovedOrChangedCiphertextDoesNotOpen(t *testing.T) {
	mine, other := testKeys(t), testKeys(t)
	const n = 10_000
	if opened := moved(n, mine, other); opened != 0 {
		t.Errorf("%d of %d opened", opened, n)
	}
	if opened := moved(n, ignoresAAD{mine}, ignoresAAD{other}); opened != n/4 {
		t.Errorf("control: without aad %d opened, want the %d whose aad was changed", opened, n/4)
	}
}

func FuzzOpenNeverPanics(f *testing.F) {
	keys := testKeys(f)
	f.Add([]byte{}, keys.Seal(vault.Personal, nil, []byte("x")))
	f.Add([]byte("aad"), []byte{1})
	f.Fuzz(func(t *testing.T, aad, sealed []byte) {
		if _, err := keys.Open(vault.Sensitive, aad, sealed); err == nil {
			t.Error("made-up bytes opened")
		}
	})
}

// repeats counts nonces (bytes 1 to 12 of what Seal returns) that occur again.
func repeats(n int, seal func(i int) []byte) (again int) {
	nonces := make([][12]byte, n)
	for i := range nonces {
		nonces[i] = [12]byte(seal(i)[1:])
	}
	slices.SortFunc(nonces, func(a, b [12]byte) int { return bytes.Compare(a[:], b[:]) })
	for i := 1; i < n; i++ {
		if nonces[i] == nonces[i-1] {
			again++
		}
	}
	return again
}

func TestNoNonceIsUsedTwice(t *testing.T) {
	keys := testKeys(t)
	n := 1_000_000
	if os.Getenv("SOAK") != "" {
		n = 10_000_000
	}
	if again := repeats(n, func(int) []byte { return keys.Seal(vault.Personal, nil, nil) }); again != 0 {
		t.Errorf("%d of %d nonces repeat", again, n)
	}
	// Control: a generator with a state of 16 bits.
	weak := func(i int) []byte {
		sealed := make([]byte, 13)
		binary.BigEndian.PutUint64(sealed[1:], rand.New(rand.NewPCG(uint64(i%65536), 0)).Uint64())
		return sealed
	}
	if again := repeats(100_000, weak); again < 100_000-65_536 {
		t.Errorf("control: only %d repeats noticed", again)
	}
}

func TestEqualPlaintextsSealDifferently(t *testing.T) {
	keys := testKeys(t)
	seen := map[string]bool{}
	for range 10_000 {
		seen[string(keys.Seal(vault.Personal, nil, []byte("Jane"))[13:])] = true
	}
	if len(seen) != 10_000 {
		t.Errorf("%d different ciphertexts of 10000", len(seen))
	}
}

// The list is written out here, so that a change of the rule is noticed.
func TestLengthsAreBuckets(t *testing.T) {
	keys := testKeys(t)
	buckets := []int{32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192}
	const overhead = 1 + 12 + 16
	for n := range 8000 {
		size := len(keys.Seal(vault.Personal, nil, make([]byte, n))) - overhead
		i, ok := slices.BinarySearch(buckets, size)
		if !ok {
			t.Fatalf("%d bytes seal to %d, not a bucket", n, size)
		}
		if prefix := len(binary.AppendUvarint(nil, uint64(n))); i > 0 && buckets[i-1] >= n+prefix || size < n+prefix {
			t.Fatalf("%d bytes seal to %d, not the smallest bucket that holds them", n, size)
		}
	}
}

func TestDeriveSeparatesLabelsAndSubjects(t *testing.T) {
	a, b := testKeys(t), testKeys(t)
	want := a.Derive("email-code", []byte("123456"))
	if !bytes.Equal(want, a.Derive("email-code", []byte("123456"))) {
		t.Error("it is not the same twice")
	}
	for _, other := range [][]byte{a.Derive("phone-code", []byte("123456")), a.Derive("email-code", []byte("123457")),
		b.Derive("email-code", []byte("123456"))} {
		if bytes.Equal(want, other) {
			t.Error("another label, value or subject gives the same")
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	keys, aad, plain := testKeys(b), make([]byte, 120), make([]byte, 200)
	b.ReportAllocs()
	for b.Loop() {
		keys.Seal(vault.Personal, aad, plain)
	}
}

func BenchmarkOpen(b *testing.B) {
	keys, aad := testKeys(b), make([]byte, 120)
	sealed := keys.Seal(vault.Personal, aad, make([]byte, 200))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := keys.Open(vault.Personal, aad, sealed); err != nil {
			b.Fatal(err)
		}
	}
}
