package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
)

// Class picks one of a subject's two keys.
type Class uint8

// The classes. Marketing may be given what is personal, hardly anyone what is
// sensitive; separate keys keep a mistake with one from reaching the other.
const (
	Personal Class = iota + 1
	Sensitive
)

const (
	keySize    = 32 // AES-256
	secretSize = 2 * keySize
	nonceSize  = 12
	tagSize    = 16
	format     = 1 // first byte of what Seal returns, and generation of the keys
)

// ErrTampered says that sealed bytes do not open: another key, another aad, or
// changed bytes. It tells no more, on purpose.
var ErrTampered = errors.New("vault: sealed data does not open")

// Keys are one subject's opened keys. They are safe for concurrent use and
// print nothing. Whoever holds Keys can open until it drops them, also after a
// fence: commits and reads check the fence for themselves.
//
// A nonce is random and has 96 bits. That is safe for 2^32 seals under one key
// (NIST SP 800-38D, 8.3); a service key that seals more is to be renamed daily.
type Keys struct {
	secret *[secretSize]byte // personal key, sensitive key
	aeads  [2]atomic.Pointer[aead]
}

type aead struct{ cipher.AEAD }

func newKeys(secret []byte) *Keys {
	k := &Keys{secret: new([secretSize]byte)}
	copy(k.secret[:], secret)
	return k
}

// ID is the generation of the key format. Callers bind it into their aad.
func (k *Keys) ID() uint32 { return format }

// Seal encrypts with AES-256-GCM and binds aad. The result is
//
//	format (1) | nonce (12) | ciphertext (Bucket(len(plain))) | tag (16)
//
// and its length tells the bucket, not the length.
func (k *Keys) Seal(class Class, aad, plain []byte) []byte {
	size := Bucket(len(plain))
	out := make([]byte, 1+nonceSize+size, 1+nonceSize+size+tagSize)
	out[0] = format
	nonce, body := out[1:1+nonceSize], out[1+nonceSize:]
	rand.Read(nonce) // never fails: crypto/rand
	n := binary.PutUvarint(body, uint64(len(plain)))
	copy(body[n:], plain) // the rest is zero
	sealed := k.aead(class).Seal(body[:0], nonce, body, aad)
	return out[:1+nonceSize+len(sealed)]
}

// Open gives back what was sealed under the same class and aad, or ErrTampered.
func (k *Keys) Open(class Class, aad, sealed []byte) ([]byte, error) {
	if len(sealed) < 1+nonceSize+tagSize || sealed[0] != format {
		return nil, ErrTampered
	}
	body, err := k.aead(class).Open(nil, sealed[1:1+nonceSize], sealed[1+nonceSize:], aad)
	if err != nil {
		return nil, ErrTampered // the cause knows nothing more
	}
	size, n := binary.Uvarint(body)
	if n <= 0 || size > uint64(len(body)-n) {
		return nil, ErrTampered
	}
	return body[n : n+int(size) : n+int(size)], nil
}

// Derive is HMAC-SHA-256 over data under a sub-key (HKDF, RFC 5869) of the
// personal key, one a label. It stands for small secrets such as verification
// codes, and can be recomputed until the key is destroyed.
func (k *Keys) Derive(label string, data []byte) []byte {
	sub, err := hkdf.Expand(sha256.New, k.secret[:keySize], "customers/vault/v1/derive/"+label, sha256.Size)
	if err != nil { // only for lengths above 255 hashes
		panic("vault: hkdf refused a constant length")
	}
	mac := hmac.New(sha256.New, sub)
	mac.Write(data)
	return mac.Sum(nil)
}

// aead makes a class's cipher on first use: a scan of a million keys mostly
// needs one of the two.
func (k *Keys) aead(class Class) cipher.AEAD {
	if class != Personal && class != Sensitive {
		panic(fmt.Sprintf("vault: there is no class %d", class))
	}
	slot := &k.aeads[class-1]
	if a := slot.Load(); a != nil {
		return a.AEAD
	}
	a := &aead{newGCM(k.secret[keySize*int(class-1):][:keySize])}
	slot.Store(a) // of two that race, either will do
	return a.AEAD
}

// newGCM is AES-GCM for a key of a size that the caller guarantees.
func newGCM(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("vault: key of a wrong size")
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("vault: AES-GCM is not available")
	}
	return gcm
}

const hidden = "[keys]"

// Format prints nothing, whatever the verb; so do the methods below.
func (k *Keys) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// String prints nothing.
func (k *Keys) String() string { return hidden }

// GoString prints nothing.
func (k *Keys) GoString() string { return hidden }

// LogValue logs nothing.
func (k *Keys) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText encodes nothing.
func (k *Keys) MarshalText() ([]byte, error) { return []byte(hidden), nil }
