package httpapi

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/roster"
)

// maxSealed is how long a sealed cursor may be: the longest name makes no more.
const maxSealed = 4096

// seal gives the cursor for a mark that may hold a name: nobody can read it, and
// like encode's it is bound to its scope. It travels in bodies.
func (c cursors) seal(scope string, m *roster.Mark) string {
	raw := binary.AppendVarint(nil, m.Value)
	raw = binary.AppendUvarint(raw, uint64(m.Ordinal))
	raw = binary.AppendUvarint(raw, uint64(len(m.Collation)))
	raw = append(append(raw, m.Collation...), m.Key...)
	aead := c.aead()
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return cursorText.EncodeToString(aead.Seal(nonce, nonce, raw, []byte(scope)))
}

// open gives the mark of a cursor, or fault.ErrBadCursor.
func (c cursors) open(scope, cursor string) (*roster.Mark, error) {
	if len(cursor) > maxSealed || strings.ContainsAny(cursor, "\r\n") {
		return nil, fault.ErrBadCursor
	}
	raw, err := cursorText.DecodeString(cursor)
	aead := c.aead()
	if err != nil || len(raw) < aead.NonceSize() {
		return nil, fault.ErrBadCursor
	}
	raw, err = aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], []byte(scope))
	if err != nil {
		return nil, fault.ErrBadCursor
	}
	value, n := binary.Varint(raw)
	ordinal, k := binary.Uvarint(raw[max(n, 0):])
	if n <= 0 || k <= 0 {
		return nil, fault.ErrBadCursor
	}
	raw = raw[n+k:]
	length, n := binary.Uvarint(raw)
	if n <= 0 || length > uint64(len(raw)-n) {
		return nil, fault.ErrBadCursor
	}
	collation := string(raw[n:][:length])
	return &roster.Mark{Value: value, Ordinal: uint32(ordinal), Collation: collation, Key: string(raw[n:][length:])}, nil
}

// aead is under a key of its own.
func (c cursors) aead() cipher.AEAD {
	h := hmac.New(sha256.New, c.key)
	h.Write([]byte("customers sealed cursor v2"))
	block, err := aes.NewCipher(h.Sum(nil))
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}
