package access

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/vault"
)

// ErrCorrupt says that a row is not what was written.
var ErrCorrupt = errors.New("access: the row does not open")

// sealer turns entries into groups. Used by one goroutine.
type sealer struct {
	id       ID // of the next group
	encoder  encoder
	ordinals *roaring.Bitmap
	aad      []byte
	name     string // of keys
	keys     *vault.Keys
}

func newSealer() sealer {
	s := sealer{encoder: encoder{numbers: map[string]uint64{}}, ordinals: roaring.New()}
	s.renew()
	return s
}

// renew starts a writer. UUIDv7: writers sort by when they began.
func (s *sealer) renew() { s.id = ID{Writer: uuid.Must(uuid.NewV7()), Seq: 1} }

func (s *sealer) seal(ctx context.Context, keyring Keyring, entries []*Entry) (Group, error) {
	g := Group{Head: Head{ID: s.id, Entries: int64(len(entries))}}
	from, to := entries[0].At.UnixMicro(), entries[0].At.UnixMicro()
	s.ordinals.Clear()
	for _, e := range entries {
		from, to = min(from, e.At.UnixMicro()), max(to, e.At.UnixMicro())
		e.addTo(s.ordinals)
		if e.Bulk == nil {
			g.Reads++
		} else {
			g.Reads += int64(e.Bulk.GetCardinality())
		}
	}
	g.From, g.To = time.UnixMicro(from).UTC(), time.UnixMicro(to).UTC()
	var err error
	if g.Ordinals, err = s.ordinals.ToBytes(); err != nil {
		return g, err
	}
	if name := keyName(g.From); name != s.name {
		if s.keys, err = keyring.Service(ctx, name); err != nil {
			s.name = ""
			return g, err
		}
		s.name = name
	}
	plain, err := s.encoder.encode(from, entries)
	if err != nil {
		return g, err
	}
	s.aad = appendAAD(s.aad[:0], s.keys.ID(), &g.Head)
	g.Sealed = s.keys.Seal(vault.Personal, s.aad, plain)
	return g, nil
}

// open gives a group's entries in the order they were written.
func open(ctx context.Context, keyring Keyring, g *Group) ([]Entry, error) {
	keys, err := keyring.Service(ctx, keyName(g.From))
	if err != nil {
		return nil, err
	}
	plain, err := keys.Open(vault.Personal, appendAAD(nil, keys.ID(), &g.Head), g.Sealed)
	if err != nil {
		return nil, fmt.Errorf("%w: %s/%d: %w", ErrCorrupt, g.Writer, g.Seq, err)
	}
	entries, err := decode(g.From.UnixMicro(), plain)
	if err != nil {
		return nil, fmt.Errorf("%w: %s/%d: %w", ErrCorrupt, g.Writer, g.Seq, err)
	}
	return entries, nil
}

// keyName: one key a month, so that a month's entries die by destroying it.
func keyName(at time.Time) string { return "access-log/" + at.UTC().Format("2006-01") }

// appendAAD binds the sealed part to its place and to all that is clear. Span
// is missing: it is assigned later, and checked against the ordinals.
func appendAAD(b []byte, key uint32, h *Head) []byte {
	b = append(b, "access"...)
	b = append(b, format)
	b = binary.BigEndian.AppendUint32(b, key)
	b = append(b, h.Writer[:]...)
	for _, n := range [...]int64{h.Seq, h.From.UnixMicro(), h.To.UnixMicro(), h.Entries, h.Reads} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(b, h.Ordinals...)
}
