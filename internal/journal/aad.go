package journal

import (
	"encoding/binary"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/vault"
)

// The additional data binds a ciphertext to its place and to every clear byte
// beside it, so that a record can be neither moved nor edited. Position and
// RecordedAt are missing: the store assigns them after sealing.

func recordAAD(keys *vault.Keys, r *eventstore.Record) []byte {
	b := make([]byte, 0, 160+len(r.Public))
	b = place(b, "record", keys, r.Stream, r.Subject[:], r.Version)
	for _, s := range [...]string{r.Type, r.Source, string(r.Actor), r.Trace} {
		b = text(b, s)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(r.Schema))
	b = binary.BigEndian.AppendUint64(b, uint64(r.OccurredAt.UnixMicro()))
	if r.Notable {
		b = append(b, 1)
	}
	return append(b, r.Public...)
}

func snapshotAAD(keys *vault.Keys, s *eventstore.Snapshot) []byte {
	b := make([]byte, 0, 96+len(s.Public))
	b = place(b, "snapshot", keys, s.Stream, s.Subject[:], s.Version)
	b = binary.BigEndian.AppendUint64(b, s.Fingerprint)
	return append(b, s.Public...)
}

func place(b []byte, what string, keys *vault.Keys, s event.Stream, subject []byte, version int64) []byte {
	b = append(b, format)
	b = text(b, what)
	b = binary.BigEndian.AppendUint32(b, keys.ID())
	b = text(b, s.Type)
	b = append(b, s.ID[:]...)
	b = append(b, subject...)
	return binary.BigEndian.AppendUint64(b, uint64(version))
}

// text is length-prefixed, so that no two sequences of fields look alike.
func text(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
