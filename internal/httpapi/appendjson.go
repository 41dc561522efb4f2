package httpapi

import (
	"io"
	"strconv"
	"sync"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// marshal is deterministic, so that a replayed answer has the same bytes. The
// answer that is given most, a customer, is written without reflection: by the
// same rules, which a test holds it to.
func marshal(w io.Writer, v any) error {
	c, ok := v.(*Customer)
	if !ok || c == nil {
		return jsonv2.MarshalWrite(w, v, jsonv2.Deterministic(true))
	}
	buf := buffers.Get().(*object)
	defer buffers.Put(buf)
	buf.bytes, buf.err = buf.bytes[:0], nil
	buf.customer(c)
	if buf.err != nil {
		return buf.err
	}
	_, err := w.Write(buf.bytes)
	return err
}

var buffers = sync.Pool{New: func() any { return new(object) }}

// object writes JSON objects, leaving out what is empty.
type object struct {
	bytes []byte
	err   error // the first
}

func (o *object) customer(c *Customer) {
	o.open()
	o.string("id", c.ID)
	o.optional("number", c.Number)
	if c.Version != 0 {
		o.integer("version", c.Version)
	}
	o.optional("userId", c.UserID)
	if len(c.ExternalIDs) > 0 {
		o.other("externalIds", c.ExternalIDs)
	}
	o.optional("type", c.Type)
	o.optional("status", c.Status)
	if n := c.Name; n != nil && *n != (Name{}) {
		o.nested("name")
		o.optional("given", n.Given)
		o.optional("middle", n.Middle)
		o.optional("family", n.Family)
		o.optional("prefix", n.Prefix)
		o.optional("suffix", n.Suffix)
		o.optional("preferred", n.Preferred)
		o.close()
	}
	if c.Email != nil {
		o.nested("email")
		o.string("address", c.Email.Address)
		o.boolean("verified", c.Email.Verified)
		o.close()
	}
	if c.Phone != nil {
		o.nested("phone")
		o.string("number", c.Phone.Number)
		o.boolean("verified", c.Phone.Verified)
		o.close()
	}
	o.profile(c.Profile)
	o.strings("tags", c.Tags)
	if c.Completeness != nil {
		o.nested("completeness")
		o.integer("score", int64(c.Completeness.Score))
		o.list("missing", c.Completeness.Missing)
		o.close()
	}
	o.time("registeredAt", c.RegisteredAt)
	o.time("lastActivityAt", c.LastActivityAt)
	o.strings("withheld", c.Withheld)
	o.close()
}

func (o *object) profile(p *Profile) {
	if p == nil || p.DateOfBirth == "" && p.Gender == "" && p.Locale == "" && p.Timezone == "" && p.Currency == "" && len(p.Attributes) == 0 {
		return
	}
	o.nested("profile")
	o.optional("dateOfBirth", p.DateOfBirth)
	o.optional("gender", p.Gender)
	o.optional("locale", p.Locale)
	o.optional("timezone", p.Timezone)
	o.optional("currency", p.Currency)
	if len(p.Attributes) > 0 {
		o.other("attributes", p.Attributes)
	}
	o.close()
}

func (o *object) open()  { o.bytes = append(o.bytes, '{') }
func (o *object) close() { o.bytes = append(o.bytes, '}') }

func (o *object) nested(name string) {
	o.name(name)
	o.open()
}

// name begins a member. Names are ours: nothing in them is to be escaped.
func (o *object) name(name string) {
	if o.bytes[len(o.bytes)-1] != '{' {
		o.bytes = append(o.bytes, ',')
	}
	o.bytes = append(append(append(o.bytes, '"'), name...), '"', ':')
}

func (o *object) quote(s string) {
	var err error
	if o.bytes, err = jsontext.AppendQuote(o.bytes, s); err != nil && o.err == nil {
		o.err = err
	}
}

func (o *object) string(name, s string) {
	o.name(name)
	o.quote(s)
}

func (o *object) optional(name, s string) {
	if s != "" {
		o.string(name, s)
	}
}

func (o *object) integer(name string, n int64) {
	o.name(name)
	o.bytes = strconv.AppendInt(o.bytes, n, 10)
}

func (o *object) boolean(name string, b bool) {
	o.name(name)
	o.bytes = strconv.AppendBool(o.bytes, b)
}

func (o *object) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	o.name(name)
	o.bytes = append(t.AppendFormat(append(o.bytes, '"'), time.RFC3339Nano), '"')
}

func (o *object) strings(name string, list []string) {
	if len(list) > 0 {
		o.list(name, list)
	}
}

func (o *object) list(name string, list []string) {
	o.name(name)
	o.bytes = append(o.bytes, '[')
	for i, s := range list {
		if i > 0 {
			o.bytes = append(o.bytes, ',')
		}
		o.quote(s)
	}
	o.bytes = append(o.bytes, ']')
}

func (o *object) other(name string, v any) {
	raw, err := jsonv2.Marshal(v, jsonv2.Deterministic(true))
	if err != nil && o.err == nil {
		o.err = err
	}
	o.name(name)
	o.bytes = append(o.bytes, raw...)
}
