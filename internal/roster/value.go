package roster

import (
	"encoding/binary"
	"math"

	"github.com/acme/customers/internal/packed"
)

// value is one attribute as it is packed, after the number of its key.
type value struct {
	kind byte
	raw  string
}

// The kinds of values.
const (
	aText byte = iota
	aNumber
	aYes
	aNo
)

// pack appends an attribute. Customers have texts, numbers and truths only.
func pack(to []byte, key uint32, of any) []byte {
	to = binary.AppendUvarint(to, uint64(key))
	switch v := of.(type) {
	case string:
		to = binary.AppendUvarint(append(to, aText), uint64(len(v)))
		return append(to, v...)
	case float64:
		return binary.LittleEndian.AppendUint64(append(to, aNumber), math.Float64bits(v))
	case bool:
		if v {
			return append(to, aYes)
		}
	}
	return append(to, aNo)
}

// unpack walks the attributes of a customer.
func unpack(s string) func(yield func(key uint32, v value) bool) {
	return func(yield func(uint32, value) bool) {
		for s != "" {
			key, w := packed.Uvarint(s)
			v, n := value{kind: s[w]}, 0
			s = s[w+1:]
			switch v.kind {
			case aText:
				n, w = packed.Uvarint(s)
				s = s[w:]
			case aNumber:
				n = 8
			}
			v.raw, s = s[:n], s[n:]
			if !yield(uint32(key), v) {
				return
			}
		}
	}
}

func (v value) get() any {
	switch v.kind {
	case aText:
		return v.raw
	case aNumber:
		return math.Float64frombits(binary.LittleEndian.Uint64([]byte(v.raw)))
	}
	return v.kind == aYes
}
