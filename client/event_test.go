package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/acme/customers/client"
)

const beginning = "retry: 20\n\nid: 5\n\n"

func told(id int, typ string) string { return fmt.Sprintf("id: %d\ndata: {\"type\":%q}\n\n", id, typ) }

// follow reads events until one is called end, or an error.
func follow(ctx context.Context, s *scene, after string) (heard []string, last error) {
	for e, err := range s.StreamTimeline(ctx, ada, after) {
		switch {
		case err != nil:
			return heard, err
		case e.Reset:
			heard = append(heard, e.ID+" reset")
		case e.Data.Type == "end":
			return heard, nil
		default:
			heard = append(heard, e.ID+" "+e.Data.Type)
		}
	}
	return heard, errors.New("the events ended")
}

func TestEventsGoOnAcrossAnswers(t *testing.T) {
	end := events(told(99, "end"))
	for name, c := range map[string]struct {
		steps []step
		heard string
		asked string // Last-Event-ID of each attempt
	}{
		"answers end":                     {[]step{events(beginning + told(6, "a") + ": until soon\n\n"), events(told(7, "b")), end}, "6 a|7 b", "|6|7"},
		"nothing but a position":          {[]step{events(beginning + ": alive\n\n"), events("id: 8\n\n"), end}, "", "|5|8"},
		"cut after an event":              {[]step{cut(events(beginning + told(6, "a"))), events(told(7, "b")), end}, "6 a|7 b", "|6|7"},
		"cut between the id and the data": {[]step{cut(events(beginning + "id: 6\n")), events(told(6, "a")), end}, "6 a", "|5|6"},
		"ended between the two":           {[]step{events(beginning + "id: 6\ndata: {\"type\":\"a\"}\n"), events(told(6, "a")), end}, "6 a", "|5|6"},
		"too much was missed":             {[]step{events(beginning), events("id: 40\nevent: reset\ndata: {}\n\n"), events(told(41, "a")), end}, "40 reset|41 a", "|5|40|41"},
		"unavailable":                     {[]step{problem(503, "unavailable"), events(beginning), problem(429, "rate_limited"), end}, "", "||5|5"},
		"events of another name":          {[]step{events("event: news\ndata: x\n\n" + told(6, "a")), end}, "6 a", "|6"},
		"data in several lines":           {[]step{events("id: 6\r\ndata: {\"type\":\r\ndata:\"a\"}\r\n\r\n"), end}, "6 a", "|6"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, c.steps...)
			heard, err := follow(t.Context(), s, "")
			if err != nil || strings.Join(heard, "|") != c.heard {
				t.Errorf("heard %q: %v", heard, err)
			}
			if asked := strings.Join(s.seen("Last-Event-ID"), "|"); asked != c.asked {
				t.Errorf("asked after %q, want %q", asked, c.asked)
			}
		})
	}
}

func TestEventsBeginWhereTheCallerWas(t *testing.T) {
	s := newScene(t, events(told(13, "a")+told(14, "end")))
	if heard, err := follow(t.Context(), s, "12"); err != nil || !slices.Equal(heard, []string{"13 a"}) || !slices.Equal(s.seen("Last-Event-ID"), []string{"12"}) {
		t.Errorf("heard %v after %v: %v", heard, s.seen("Last-Event-ID"), err)
	}
}

func TestTheServiceSaysWhenToAskAgain(t *testing.T) {
	s := newScene(t, events(beginning), events(told(99, "end")))
	if _, err := follow(t.Context(), s, ""); err != nil || !slices.Equal(s.pauses, []time.Duration{20 * time.Millisecond}) {
		t.Errorf("paused %v: %v", s.pauses, err)
	}
}

func TestEventsEndWithAReason(t *testing.T) {
	for name, c := range map[string]struct {
		steps []step
		want  func(error) bool
	}{
		"no rights any more": {[]step{events(beginning), problem(403, "forbidden")}, func(err error) bool { return client.Code(err) == "forbidden" }},
		"another media":      {[]step{ok(`{}`)}, func(err error) bool { return errors.Is(err, client.ErrContract) }},
		"no entry":           {[]step{events("id: 1\ndata: [1]\n\n")}, func(err error) bool { return errors.Is(err, client.ErrContract) }},
		"nobody there":       {[]step{cut(nil), cut(nil), cut(nil), cut(nil), cut(nil)}, func(err error) bool { return err != nil }},
		"answers of nothing": {[]step{events(""), events(""), events(""), events(""), events("")}, func(err error) bool { return err != nil }},
	} {
		s := newScene(t, c.steps...)
		if _, err := follow(t.Context(), s, ""); !c.want(err) || len(s.got()) != len(c.steps) {
			t.Errorf("%s: %v after %d attempts", name, err, len(s.got()))
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := newScene(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	if _, err := follow(ctx, s, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// silent answers once and then says nothing more, until nobody listens.
type silent struct{ asked int }

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.asked++; s.asked > 1 {
		return nil, errors.New("nobody")
	}
	in, out := io.Pipe()
	go func() {
		_, _ = io.WriteString(out, beginning)
		<-r.Context().Done()
		_ = out.CloseWithError(r.Context().Err())
	}()
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: in, Request: r}, nil
}

// A connection that nobody closed and nobody serves ends all the same.
func TestASilentServiceIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nobody := &silent{}
		c, err := client.New("https://customers.example", client.HTTP(&http.Client{Transport: nobody}), client.Timeout(20*time.Second), client.Retries(client.Retry{Attempts: 3}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := follow(t.Context(), &scene{Client: c}, ""); err == nil || nobody.asked != 3 {
			t.Errorf("asked %d times: %v", nobody.asked, err)
		}
	})
}
