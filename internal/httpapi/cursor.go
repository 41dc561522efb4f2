package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/acme/customers/internal/fault"
)

// cursors makes and checks page cursors. A cursor is where to go on: a few
// numbers (positions, ordinals), never a name or any other value, for it
// travels in URLs. It is authenticated, so that nobody makes one up, and bound
// to its scope, so that it works for nothing but the list it came from.
// It is not secret: the numbers can be read.
type cursors struct{ key []byte }

const macSize = 16

var cursorText = base64.RawURLEncoding.Strict()

// newCursors needs a key of 32 bytes that all instances share and that
// survives a restart; a cursor made with another key is refused.
func newCursors(key []byte) cursors { return cursors{key} }

// encode gives the cursor for the marks. scope names the list: route, filter
// and caller.
func (c cursors) encode(scope string, marks ...uint64) string {
	raw := make([]byte, macSize, macSize+len(marks)*binary.MaxVarintLen64)
	for _, m := range marks {
		raw = binary.AppendUvarint(raw, m)
	}
	copy(raw, c.mac(scope, raw[macSize:]))
	return cursorText.EncodeToString(raw)
}

// decode gives the n marks of a cursor, or fault.ErrBadCursor.
func (c cursors) decode(scope, cursor string, n int) ([]uint64, error) {
	// The decoder skips line breaks, which would give a cursor many spellings.
	if len(cursor) > 256 || strings.ContainsAny(cursor, "\r\n") {
		return nil, fault.ErrBadCursor
	}
	raw, err := cursorText.DecodeString(cursor)
	if err != nil || len(raw) < macSize || !hmac.Equal(raw[:macSize], c.mac(scope, raw[macSize:])) {
		return nil, fault.ErrBadCursor
	}
	marks := make([]uint64, 0, n)
	for rest := raw[macSize:]; len(rest) > 0; {
		m, size := binary.Uvarint(rest)
		if size <= 0 {
			return nil, fault.ErrBadCursor
		}
		marks, rest = append(marks, m), rest[size:]
	}
	if len(marks) != n {
		return nil, fault.ErrBadCursor
	}
	return marks, nil
}

func (c cursors) mac(scope string, marks []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(binary.AppendUvarint([]byte("customers cursor v1"), uint64(len(scope))))
	h.Write([]byte(scope))
	h.Write(marks)
	return h.Sum(nil)[:macSize]
}
