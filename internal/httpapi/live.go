package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"

	"github.com/acme/customers/internal/app"
)

// liveSuffix ends the paths of those who listen: they do little and stay, so
// they have room of their own.
const liveSuffix = "/timeline/live"

const mediaEvents = "text/event-stream"

type liveInput struct {
	OnCustomer
	LastEventID int64 `header:"Last-Event-ID" minimum:"0" doc:"Goes on after this one; from now on if left out"`
}

func (s *service) liveRoutes(a *api) {
	op := huma.Operation{OperationID: "streamTimeline", Method: http.MethodGet, Path: "/v1/customers/{id}" + liveSuffix, Tags: []string{"History"},
		Summary: "Be told of what happens to a customer, as it happens",
		Description: "Server-sent events, in the order in which they are recorded, from any instance; the data of each is a TimelineEntry, its id the position. The answer ends after half a minute, so that the caller's rights are looked at again: " +
			"a client asks again with Last-Event-ID, as browsers do by themselves, and misses nothing. The event reset says that too much was missed: read the timeline."}
	op.Responses = map[string]*huma.Response{"200": {Description: "Server-sent events", Content: map[string]*huma.MediaType{mediaEvents: {Schema: a.schema(reflect.TypeFor[TimelineEntry](), "")}}}}
	plain(a, op, s.live)
}

// liveTime is how long one answer goes on: less than a request's time.
const (
	liveTime  = 25 * time.Second
	heartbeat = 10 * time.Second
)

func (s *service) live(ctx context.Context, in *liveInput) (*stream, error) {
	id, err := in.customerID()
	if err != nil {
		return nil, err
	}
	call := s.called(ctx, Fresh{}.freshness())
	out := newEvents(exchangeOf(ctx))
	defer out.stop()
	err = s.app.LiveTimeline(ctx, call, id, in.LastEventID, s.liveTime, out.send)
	var gone *readerGone
	var missed *app.Missed
	switch {
	case errors.As(err, &missed):
		out.write("id: " + strconv.FormatInt(missed.Head, 10) + "\nevent: reset\ndata: {}\n\n")
	case errors.As(err, &gone):
	case err != nil && !out.begun():
		return nil, err
	default: // and the caller asks again, with the last id
		out.write(": until soon\n\n")
	}
	return &stream{func(huma.Context) {}}, nil
}

// readerGone ends a stream that nobody reads.
type readerGone struct{}

func (*readerGone) Error() string { return "httpapi: the reader is gone" }

// send writes entries as events. Where none may be seen the position is told
// all the same, so that nobody looks at them again.
func (e *events) send(entries []app.TimelineEntry, position int64) error {
	var b strings.Builder
	for i := range entries {
		raw, err := jsonv2.Marshal(timelineEntry(&entries[i]), jsonv2.Deterministic(true))
		if err != nil {
			panic(fmt.Errorf("httpapi: a timeline entry: %w", err)) // cuts the answer
		}
		b.WriteString("id: " + strconv.FormatInt(entries[i].Mark.Position, 10) + "\ndata: ")
		b.Write(raw)
		b.WriteString("\n\n")
	}
	if len(entries) == 0 {
		b.WriteString("id: " + strconv.FormatInt(position, 10) + "\n\n")
	}
	if !e.write(b.String()) {
		return &readerGone{}
	}
	return nil
}
