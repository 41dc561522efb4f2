package client

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Event is one server-sent event. Whoever keeps the ID of the last and begins
// with it the next time misses nothing.
type Event[T any] struct {
	ID   string
	Data T
	// Reset says that too much was missed to be told: read the timeline now.
	// What comes next comes after ID.
	Reset bool
}

const mediaEvents = "text/event-stream"

// follow gives events for as long as ctx holds: the service ends each answer
// after a while to look at the caller's rights again, and this asks again with
// the last id. Where the answer breaks it does too, as often as Retry says
// without any event. Without a first id it begins with what happens from now on.
func follow[T any](ctx context.Context, a *ask, last string) iter.Seq2[Event[T], error] {
	return func(yield func(Event[T], error) bool) {
		at := cursor{last: last, pause: 500 * time.Millisecond}
		for failures := 0; ; {
			heard, stopped := false, false
			if a.header.Set("Last-Event-ID", at.last); at.last == "" {
				a.header.Del("Last-Event-ID")
			}
			err := a.once(ctx, func(resp *http.Response) error {
				return at.read(resp, func(name, data string) error {
					heard = true
					e, ok, err := eventOf[T](at.last, name, data)
					if stopped = ok && err == nil && !yield(e, nil); stopped {
						return errStopped
					}
					return err
				})
			})
			switch {
			case stopped:
				return
			case err == nil:
				failures, err = 0, a.c.retry.wait(ctx, at.pause)
			default:
				if failures++; heard {
					failures = 1
				}
				err = a.next(ctx, failures, err)
			}
			if err != nil {
				yield(Event[T]{ID: at.last}, err)
				return
			}
		}
	}
}

// eventOf reads an event. Of names that are not known there is nothing to give.
func eventOf[T any](id, name, data string) (e Event[T], ok bool, err error) {
	e.ID = id
	switch name {
	case "reset":
		e.Reset = true
		return e, true, nil
	case "", "message":
		if json.Unmarshal([]byte(data), &e.Data) != nil {
			err = fmt.Errorf("%w: an event is not the JSON that was expected", ErrContract)
		}
		return e, true, err
	}
	return e, false, nil
}

// cursor is where a reader of events is.
type cursor struct {
	last  string        // id
	pause time.Duration // before the service is asked again, as it said
}

// read reads one answer (WHATWG HTML, section 9.2). An id counts once its event
// is whole: else one that was cut in the middle would be passed over.
func (c *cursor) read(resp *http.Response, each func(name, data string) error) error {
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != mediaEvents {
		return fmt.Errorf("%w: it is no stream of events", ErrContract)
	}
	in, begun := bufio.NewReaderSize(resp.Body, 64<<10), false
	id, name, data := c.last, "", []string(nil)
	for {
		raw, err := readLine(in)
		switch {
		case err == io.EOF && begun:
			return nil
		case err == io.EOF: // the service always says something first
			return broken(errCut)
		case err != nil:
			return err
		}
		begun = true
		line := strings.TrimRight(string(raw), "\r\n")
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "": // the end of an event
			c.last = id
			if data != nil {
				if err := each(name, strings.Join(data, "\n")); err != nil {
					return err
				}
			}
			name, data = "", nil
		case field == "id":
			id = value
		case field == "event":
			name = value
		case field == "data":
			data = append(data, value)
		case field == "retry":
			if ms, err := strconv.Atoi(value); err == nil && ms >= 0 {
				c.pause = time.Duration(min(ms, 60_000)) * time.Millisecond
			}
		}
	}
}
