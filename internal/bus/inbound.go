package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2/event"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/acme/customers/internal/fault"
)

// MaxInbound is the largest message that is taken in, in bytes.
const MaxInbound = 1 << 20

// InboundMessage is a CloudEvent of another service. All of it may be personal.
type InboundMessage struct {
	On                        string // the bus subject that it came on: who may say what is granted by it
	ID, Source, Type, Subject string
	Time                      time.Time // zero when the event has none
	Data                      json.RawMessage
}

// Handle applies a message. It is called again after a failure and after a
// lost ack, so it records Source and ID in the same transaction as its effect.
type Handle func(ctx context.Context, m InboundMessage) error

// Decode reads a structured-mode CloudEvent 1.0 with JSON data, strictly:
// duplicate keys, invalid UTF-8, trailing bytes and missing attributes are
// refused, and its type must name the same event as the bus subject it came on
// (permissions are granted by subject). The fault never repeats a value.
func Decode(subject string, raw []byte) (InboundMessage, error) {
	if len(raw) > MaxInbound {
		return InboundMessage{}, fault.ErrTooLarge
	}
	if !jsontext.Value(raw).IsValid() { // unlike encoding/json, refuses duplicate keys
		return InboundMessage{}, malformed("it is not JSON")
	}
	var e cloudevents.Event
	if err := json.Unmarshal(raw, &e); err != nil || e.Validate() != nil {
		return InboundMessage{}, malformed("it is not a CloudEvent 1.0")
	}
	if e.SpecVersion() != cloudevents.CloudEventsVersionV1 {
		return InboundMessage{}, malformed("it is not a CloudEvent 1.0")
	}
	if mt := e.DataMediaType(); mt != "" && mt != cloudevents.ApplicationJSON {
		return InboundMessage{}, malformed("its data is not JSON")
	}
	if len(e.Data()) == 0 || e.DataBase64 || e.Data()[0] != '{' {
		return InboundMessage{}, malformed("its data is not an object")
	}
	name := subject[strings.LastIndexByte(subject, '.')+1:]
	if !slices.Contains(strings.Split(e.Type(), "."), name) {
		return InboundMessage{}, malformed("its type is not that of the subject")
	}
	return InboundMessage{On: subject, ID: e.ID(), Source: e.Source(), Type: e.Type(), Subject: e.Subject(), Time: e.Time(), Data: e.Data()}, nil
}

func malformed(why string) error { return fault.ErrMalformed.With(errors.New(why)) }

// KeyOf finds whom a message is about: the userId, customerId or externalId of
// its data, else its subject. It keeps the messages of one in order, and erasure
// finds dead letters by it. It makes the best of a message that cannot be
// decoded; "" is nobody known.
func KeyOf(raw []byte) string {
	var e struct {
		Subject string `json:"subject"`
		Data    struct {
			UserID     string `json:"userId"`
			CustomerID string `json:"customerId"`
			External   struct {
				Source string `json:"source"`
				ID     string `json:"id"`
			} `json:"externalId"`
		} `json:"data"`
	}
	_ = json.Unmarshal(raw, &e) // fills what it can
	external := ""
	if e.Data.External.ID != "" {
		external = e.Data.External.Source + "/" + e.Data.External.ID
	}
	return cmp.Or(e.Data.UserID, e.Data.CustomerID, external, e.Subject)
}
