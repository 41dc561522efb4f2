package client

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// takes says which options an operation takes, and whether it may be sent again.
type takes uint16

const (
	repeatable takes = 1 << iota // as it is, without a key
	takesKey
	takesIfMatch
	takesIfNoneMatch
	takesFresh
	takesAsOf
	takesAt
	takesSource
)

// op is an operation of the API. Each {} of its path is an id.
type op struct {
	id, method, path, media string
	takes                   takes
}

// ask is one call on its way. What is wrong with it is kept in err until it is
// sent.
type ask struct {
	c       *Client
	op      op
	path    string
	values  url.Values
	header  http.Header
	payload []byte
	meta    *Meta
	again   bool
	err     error
}

func (c *Client) ask(o op, opts []CallOption, ids ...string) *ask {
	a := &ask{c: c, op: o, path: o.path, values: url.Values{}, header: http.Header{}, again: o.takes&(repeatable|takesKey) != 0}
	for _, id := range ids {
		if id == "" || id == "." || id == ".." { // it would be another path
			a.err = errors.New("an id is empty")
		}
		a.path = strings.Replace(a.path, "{}", url.PathEscape(id), 1)
	}
	if o.takes&takesKey != 0 {
		a.header.Set("Idempotency-Key", rand.Text())
	}
	for _, option := range opts {
		if option.needs != 0 && o.takes&option.needs == 0 {
			a.err = fmt.Errorf("it takes no %s", option.name)
			continue
		}
		option.set(a)
	}
	return a
}

// query adds names and values, without those that are zero.
func (a *ask) query(pairs ...any) *ask {
	for i := 0; i < len(pairs); i += 2 {
		if v := reflect.ValueOf(pairs[i+1]); !v.IsZero() {
			a.values.Set(pairs[i].(string), text(v))
		}
	}
	return a
}

func text(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Time:
		return value.Format(time.RFC3339Nano)
	case *bool:
		return strconv.FormatBool(*value)
	case int64:
		return strconv.FormatInt(value, 10)
	}
	return v.String()
}

// body encodes what is sent once, so that every attempt sends the same.
func (a *ask) body(in any) *ask {
	raw, err := json.Marshal(in)
	if err != nil {
		a.err = fmt.Errorf("a %T cannot be JSON", in) // not err: it may quote a value
	}
	a.payload = raw
	return a
}

// raw sends a file as it is.
func (a *ask) raw(file []byte) *ask {
	a.payload = file
	return a
}

func (a *ask) url() string {
	if len(a.values) == 0 {
		return a.c.base + a.path
	}
	return a.c.base + a.path + "?" + a.values.Encode()
}
