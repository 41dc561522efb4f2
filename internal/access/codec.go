package access

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
)

// The sealed part of a group, format 1:
//
//	format | n | n strings | entries until the end
//
// Strings (roles, actions, callers) repeat within a group, so entries name
// them by number. Numbers are unsigned varints, strings and bitmaps are
// prefixed by their length.
const format = 1

// What an entry holds besides the fixed fields.
const (
	hasSubject = 1 << iota
	hasBulk
	hasTraceID // 16 bytes: 32 lower-case hex digits
	hasTrace   // any other text
	hasPurpose
	hasFrom
)

var errTruncated = errors.New("access: a group that is not of this format")

// encoder is used by one goroutine and keeps its buffers.
type encoder struct {
	numbers map[string]uint64
	strings []string
	body    []byte
	out     []byte
}

// encode gives the plain bytes of a group, valid until the next call.
func (c *encoder) encode(from int64, entries []*Entry) ([]byte, error) {
	clear(c.numbers)
	c.strings, c.body = c.strings[:0], c.body[:0]
	for _, e := range entries {
		if err := c.entry(from, e); err != nil {
			return nil, err
		}
	}
	c.out = append(c.out[:0], format)
	c.out = binary.AppendUvarint(c.out, uint64(len(c.strings)))
	for _, s := range c.strings {
		c.out = append(binary.AppendUvarint(c.out, uint64(len(s))), s...)
	}
	c.out = append(c.out, c.body...)
	return c.out, nil
}

func (c *encoder) entry(from int64, e *Entry) error {
	b := binary.AppendUvarint(c.body, uint64(e.At.UnixMicro()-from))
	for _, s := range [...]string{e.Actor, e.ActorID, e.Action, e.Channel} {
		b = binary.AppendUvarint(b, c.number(s))
	}
	b = binary.AppendUvarint(b, uint64(e.Fields))
	var trace [16]byte
	flags := byte(0)
	if n, err := hex.Decode(trace[:], []byte(e.Trace[:min(len(e.Trace), 32)])); err == nil && n == 16 && hex.EncodeToString(trace[:]) == e.Trace {
		flags |= hasTraceID
	} else if e.Trace != "" {
		flags |= hasTrace
	}
	if e.Bulk != nil {
		flags |= hasBulk
	} else {
		flags |= hasSubject
	}
	if e.Purpose != "" {
		flags |= hasPurpose
	}
	if e.From != "" {
		flags |= hasFrom
	}
	b = append(b, flags)
	switch {
	case flags&hasTraceID != 0:
		b = append(b, trace[:]...)
	case flags&hasTrace != 0:
		b = binary.AppendUvarint(b, c.number(e.Trace))
	}
	if e.Purpose != "" {
		b = binary.AppendUvarint(b, c.number(e.Purpose))
	}
	if e.From != "" {
		b = binary.AppendUvarint(b, c.number(e.From))
	}
	if e.Bulk == nil {
		c.body = binary.AppendUvarint(append(b, e.Subject[:]...), uint64(e.Ordinal))
		return nil
	}
	raw, err := e.Bulk.ToBytes()
	c.body = append(binary.AppendUvarint(b, uint64(len(raw))), raw...)
	return err
}

func (c *encoder) number(s string) uint64 {
	n, ok := c.numbers[s]
	if !ok {
		n = uint64(len(c.strings))
		c.numbers[s], c.strings = n, append(c.strings, s)
	}
	return n
}

// decode is the inverse of encode. It refuses what encode does not write.
func decode(from int64, raw []byte) ([]Entry, error) {
	r := reader{rest: raw}
	if r.take(1)[0] != format {
		return nil, errTruncated
	}
	strings := make([]string, 0, 16)
	for n := r.number(); n > 0 && !r.failed; n-- {
		strings = append(strings, string(r.take(r.number())))
	}
	var out []Entry
	for len(r.rest) > 0 && !r.failed {
		out = append(out, r.entry(from, strings))
	}
	if r.failed {
		return nil, errTruncated
	}
	return out, nil
}

// reader reads until it fails, and then gives zeros.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.rest, r.failed = nil, true
		return make([]byte, min(n, 16))
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest, r.failed = nil, true
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *reader) text(strings []string) string {
	n := r.number()
	if n >= uint64(len(strings)) {
		r.failed = true
		return ""
	}
	return strings[n]
}

func (r *reader) entry(from int64, strings []string) Entry {
	e := Entry{At: time.UnixMicro(from + int64(r.number())).UTC()}
	for _, s := range [...]*string{&e.Actor, &e.ActorID, &e.Action, &e.Channel} {
		*s = r.text(strings)
	}
	e.Fields = uint32(r.number())
	flags := r.take(1)[0]
	switch {
	case flags&hasTraceID != 0:
		e.Trace = hex.EncodeToString(r.take(16))
	case flags&hasTrace != 0:
		e.Trace = r.text(strings)
	}
	if flags&hasPurpose != 0 {
		e.Purpose = r.text(strings)
	}
	if flags&hasFrom != 0 {
		e.From = r.text(strings)
	}
	if flags&hasBulk == 0 {
		e.Subject = uuid.UUID(r.take(16))
		e.Ordinal = int64(r.number())
		return e
	}
	e.Bulk = roaring.New()
	if err := e.Bulk.UnmarshalBinary(r.take(r.number())); err != nil {
		r.failed = true
	}
	return e
}
