package bus

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// Names on the wire. They are a published contract.
const (
	Source        = "/customers"
	SubjectPrefix = "customers.v1."
	TypePrefix    = "acme.customers."
	ContentType   = "application/cloudevents+json"
)

// Encoder turns records into messages. It needs no key: it reads only what a
// record holds in clear.
type Encoder struct {
	types map[kind]*event.Definition
}

type kind struct {
	name   string
	schema int
}

// NewEncoder makes an encoder for the events of a catalogue. The definitions
// come from aggregates, which have compiled their codecs.
func NewEncoder(defs []event.Definition) (*Encoder, error) {
	e := &Encoder{types: map[kind]*event.Definition{}}
	for i := range defs {
		d := &defs[i]
		k := kind{d.Name, d.Schema}
		if d.Codec == nil || e.types[k] != nil {
			return nil, fmt.Errorf("bus: event %s has no codec or is defined twice", d.Name)
		}
		e.types[k] = d
	}
	return e, nil
}

// TypeOf is the CloudEvents type of an event: acme.customers.<Event>.v<schema>.
func TypeOf(name string, schema int) string {
	return TypePrefix + name + ".v" + strconv.Itoa(schema)
}

// Encode gives a record's message. The same record and lineage give the same
// bytes, so that a message sent again is recognised. A record that this
// version of the program does not know is an error, never a gap.
func (e *Encoder) Encode(lineage uuid.UUID, r *eventstore.Record) (Message, error) {
	d := e.types[kind{r.Type, r.Schema}]
	if d == nil {
		return Message{}, fmt.Errorf("bus: record %d is of the unknown type %s.v%d", r.Position, r.Type, r.Schema)
	}
	data, err := appendEvent(make([]byte, 0, 1024), lineage, d, r)
	if err != nil {
		return Message{}, fmt.Errorf("bus: record %d: %w", r.Position, err)
	}
	return Message{Subject: SubjectPrefix + d.Name, Position: r.Position, Data: data}, nil
}

// appendEvent writes CloudEvents 1.0 JSON. position is a string, because a
// CloudEvents integer has 32 bits; partitionkey keeps one customer's events in
// order where a consumer spreads them.
func appendEvent(b []byte, lineage uuid.UUID, d *event.Definition, r *eventstore.Record) ([]byte, error) {
	position := strconv.FormatInt(r.Position, 10)
	about, key := r.Subject.String(), r.Subject.String()
	if r.Subject == uuid.Nil { // about nobody: the definition of a segment, say
		about, key = "", r.Stream.ID.String()
	}
	b = append(b, `{"specversion":"1.0","id":"`...)
	b = append(b, lineage.String()...)
	b = append(append(b, ':'), position...)
	b = append(b, `","source":"`+Source+`","type":"`...)
	b = append(b, TypeOf(d.Name, r.Schema)...)
	if about != "" {
		b = append(append(b, `","subject":"`...), about...)
	}
	b = append(b, `","time":"`...)
	b = r.OccurredAt.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","datacontenttype":"application/json","lineage":"`...)
	b = append(b, lineage.String()...)
	b = append(append(b, `","position":"`...), position...)
	b = append(append(b, `","partitionkey":"`...), key...)
	if len(r.Trace) == 32 {
		b = fmt.Appendf(b, `","traceparent":"00-%s-%016x-01`, r.Trace, r.Position)
	}
	b = append(b, `","data":`...)
	b, err := appendData(b, d, r)
	return append(b, '}'), err
}

// appendData writes what is public of the record.
func appendData(b []byte, d *event.Definition, r *eventstore.Record) ([]byte, error) {
	public, err := event.DecodeClear(r.Public)
	if err != nil {
		return b, err
	}
	b = append(b, `{"aggregate":`...)
	b = quote(b, r.Stream.Type)
	b = append(append(b, `,"aggregateId":"`...), r.Stream.ID.String()...)
	b = append(b, `","version":`...)
	b = strconv.AppendInt(b, r.Version, 10)
	b = quote(append(b, `,"actor":`...), string(r.Actor))
	b = quote(append(b, `,"source":`...), r.Source)
	b = append(b, `,"recordedAt":"`...)
	b = r.RecordedAt.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","changed":[`...)
	for i, name := range public.Changed {
		if i > 0 {
			b = append(b, ',')
		}
		b = quote(b, name)
	}
	b = append(b, ']')
	fields, err := d.Codec.Public(public.Data)
	if err != nil {
		return b, err
	}
	if fields != nil {
		raw, err := json.Marshal(fields)
		if err != nil {
			return b, fmt.Errorf("public fields of %s: %T", d.Name, err)
		}
		b = append(append(b, `,"fields":`...), raw...)
	}
	return append(b, '}'), nil
}

// quote appends a JSON string; invalid UTF-8 becomes U+FFFD, as in encoding/json.
func quote(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

// ReadMark tells which record a published message is. The error is ErrForeign
// for a message that no relay of this program made.
func ReadMark(data []byte) (lineage uuid.UUID, position int64, err error) {
	var m struct {
		Source   string `json:"source"`
		Lineage  string `json:"lineage"`
		Position int64  `json:"position,string"`
	}
	if json.Unmarshal(data, &m) != nil || m.Source != Source || m.Position < 1 {
		return uuid.Nil, 0, ErrForeign.With(errors.New("the last message is not one of ours"))
	}
	if lineage, err = uuid.Parse(m.Lineage); err != nil {
		return uuid.Nil, 0, ErrForeign.With(errors.New("the last message has no lineage"))
	}
	return lineage, m.Position, nil
}
