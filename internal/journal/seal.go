package journal

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/vault"
)

// format is the first byte of everything sealed here.
const format = 1

// ErrCorrupt says that stored bytes are not what was written.
var ErrCorrupt = errors.New("journal: the record does not open")

// sealedMeta is the personal part of a record: who did it and why, and the
// event's own personal part.
type sealedMeta struct {
	ActorID string          `cbor:"1,keyasint,omitempty"`
	Reason  string          `cbor:"2,keyasint,omitempty"`
	Data    cbor.RawMessage `cbor:"3,keyasint,omitempty"`
}

// seal encodes an event and seals its classes apart. env lacks the type.
func seal[S any](agg *event.Aggregate[S], keys *vault.Keys, env event.Envelope, meta event.Meta, e any) (eventstore.Record, error) {
	def, err := agg.Of(e)
	if err != nil {
		return eventstore.Record{}, err
	}
	env.Type, env.Schema, env.Notable = def.Name, def.Schema, def.Notable
	parts, err := def.Codec.Split(e)
	if err != nil {
		return eventstore.Record{}, err
	}
	clear := event.Clear{Changed: def.Codec.Changed(e), Data: parts[event.Public]}
	r := eventstore.Record{Envelope: env, Public: clear.Encode()}
	personal, err := cbor.Marshal(sealedMeta{meta.ActorID, meta.Reason, parts[event.Personal]})
	if err != nil {
		return r, err
	}
	r.Sealed = sealParts(keys, recordAAD(keys, &r), personal, parts[event.Sensitive])
	return r, nil
}

// open decodes a record of the aggregate. Without the key it is unreadable.
func open[S any](agg *event.Aggregate[S], keys *vault.Keys, r *eventstore.Record) (event.Recorded, error) {
	out := event.Recorded{Envelope: r.Envelope}
	def := agg.ByName(r.Type)
	if def == nil || def.Schema != r.Schema {
		return out, fmt.Errorf("%w: %s v%d of %s is in no list", ErrCorrupt, r.Type, r.Schema, r.Stream)
	}
	clear, err := event.DecodeClear(r.Public)
	if err != nil {
		return out, err
	}
	personal, sensitive, err := openParts(keys, recordAAD(keys, r), r.Sealed)
	if err != nil {
		return out, fmt.Errorf("%w: %s version %d: %w", ErrCorrupt, r.Stream, r.Version, err)
	}
	var meta sealedMeta
	if err := cbor.Unmarshal(personal, &meta); err != nil {
		return out, fmt.Errorf("%w: %s version %d", ErrCorrupt, r.Stream, r.Version)
	}
	out.Changed, out.Event = clear.Changed, def.New()
	out.Meta = event.Meta{Actor: r.Actor, ActorID: meta.ActorID, Source: r.Source, Reason: meta.Reason, At: r.OccurredAt}
	return out, def.Codec.Join(event.Parts{clear.Data, []byte(meta.Data), sensitive}, out.Event)
}

// OpenPublicRecord decodes a record without keys: all but the public fields of
// the event are zero.
func OpenPublicRecord[S any](agg *event.Aggregate[S], r *eventstore.Record) (any, error) {
	def := agg.ByName(r.Type)
	if def == nil || def.Schema != r.Schema {
		return nil, fmt.Errorf("%w: %s v%d of %s is in no list", ErrCorrupt, r.Type, r.Schema, r.Stream)
	}
	clear, err := event.DecodeClear(r.Public)
	if err != nil {
		return nil, err
	}
	e := def.New()
	return e, def.Codec.Join(event.Parts{clear.Data}, e)
}

// sealParts gives format | length of the personal part | personal | sensitive.
func sealParts(keys *vault.Keys, aad, personal, sensitive []byte) []byte {
	p := keys.Seal(vault.Personal, aad, personal)
	var s []byte
	if len(sensitive) > 0 {
		s = keys.Seal(vault.Sensitive, aad, sensitive)
	}
	out := make([]byte, 0, 1+binary.MaxVarintLen32+len(p)+len(s))
	out = append(out, format)
	out = binary.AppendUvarint(out, uint64(len(p)))
	return append(append(out, p...), s...)
}

func openParts(keys *vault.Keys, aad, sealed []byte) (personal, sensitive []byte, err error) {
	if len(sealed) < 2 || sealed[0] != format {
		return nil, nil, errors.New("unknown format")
	}
	n, used := binary.Uvarint(sealed[1:])
	rest := sealed[1+max(used, 0):]
	if used <= 0 || n > uint64(len(rest)) {
		return nil, nil, errors.New("truncated")
	}
	if personal, err = keys.Open(vault.Personal, aad, rest[:n]); err != nil {
		return nil, nil, err
	}
	if n < uint64(len(rest)) {
		sensitive, err = keys.Open(vault.Sensitive, aad, rest[n:])
	}
	return personal, sensitive, err
}
