package bustest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
)

// SampleRegistered is an event with fields of every class.
type SampleRegistered struct {
	Status string     `json:"status" class:"public" doc:"what the customer may do"`
	Tier   int        `json:"tier,omitempty" class:"public"`
	Email  string     `json:"email" class:"personal"`
	Name   SampleName `json:"name" class:"within"`
	Born   string     `json:"dateOfBirth,omitempty" class:"sensitive"`
}

// SampleName has classes of its own.
type SampleName struct {
	Given  string `json:"given" class:"personal"`
	Script string `json:"script" class:"public"`
}

// SampleRenamed has no public field.
type SampleRenamed struct {
	Given string `json:"given" class:"personal"`
}

type sampleState struct {
	Status string `json:"status" class:"public"`
}

// Catalogue is a small catalogue.
func Catalogue() []event.Definition {
	a, err := event.NewAggregate("customer", func(*sampleState, any, event.Envelope) {}, nil,
		event.Define[SampleRegistered]("CustomerRegistered", "A customer was registered.", event.Notable),
		event.Define[SampleRenamed]("CustomerProfileUpdated", "The profile was changed.", event.Routine))
	if err != nil {
		panic(err)
	}
	return a.Definitions()
}

// Registered is a record of a SampleRegistered, as the journal would store it,
// but for the sealed part.
func Registered(e SampleRegistered, stream event.Stream, version int64) eventstore.Record {
	codec := Catalogue()[0].Codec
	parts, err := codec.Split(&e)
	if err != nil {
		panic(err)
	}
	return eventstore.Record{
		Envelope: event.Envelope{Stream: stream, Subject: stream.ID, Version: version, Type: "CustomerRegistered", Schema: 1,
			Source: "api", Actor: event.ActorSupport, OccurredAt: time.Date(2026, 11, 23, 10, 0, 0, 5000, time.UTC)},
		Public: event.Clear{Changed: codec.Changed(&e), Data: parts[event.Public]}.Encode(),
	}
}

// Grow appends n events to the log, spread over streams customers that it
// makes, in one commit for every 50 of a stream.
func Grow(ctx context.Context, log eventstore.Writer, n, streams int) error {
	for range streams {
		id := uuid.Must(uuid.NewV7())
		stream := event.Stream{Type: "customer", ID: id}
		var version int64
		for left := n / streams; left > 0; {
			c := eventstore.Commit{Appends: []eventstore.Append{{Stream: stream, Subject: id, Expected: version}}}
			if version == 0 {
				c.Register = []uuid.UUID{id}
			}
			for range min(left, 50) {
				version, left = version+1, left-1
				c.Appends[0].Records = append(c.Appends[0].Records, Registered(SampleRegistered{Status: "pending", Tier: int(version)}, stream, version))
			}
			if _, err := log.Commit(ctx, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// CheckCopy tells whether a stream holds every record from 1 to head, in order
// and each once: then every customer's events are in order too.
func CheckCopy(messages []bus.Message, lineage uuid.UUID, head int64) error {
	for i, m := range messages {
		got, position, err := bus.ReadMark(m.Data)
		if err != nil {
			return err
		}
		if got != lineage || position != int64(i)+1 {
			return fmt.Errorf("message %d is record %d of log %s", i+1, position, got)
		}
	}
	if int64(len(messages)) != head {
		return fmt.Errorf("the stream holds %d of %d records", len(messages), head)
	}
	return nil
}

// UserRegistered is an identity event with personal data about person n.
func UserRegistered(n int) ([]byte, []string) {
	secrets := []string{fmt.Sprintf("zebedee-%d@quixotic.example", n), fmt.Sprintf("Zebedee%d", n), fmt.Sprintf("usr-%08d-zq", n)}
	return fmt.Appendf(nil, `{"specversion":"1.0","id":"evt-%d","source":"/identity","type":"identity.UserRegistered","subject":"%s",`+
		`"time":"2026-11-23T10:00:00Z","datacontenttype":"application/json","data":{"userId":"%s","email":"%s","givenName":"%s"}}`,
		n, secrets[2], secrets[2], secrets[0], secrets[1]), secrets
}

// Scan counts how many of the secrets occur in the files under dir, as they
// are or in an encoding.
func Scan(dir string, secrets []string) (int, error) {
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all = append(append(all, path...), raw...)
		return err
	})
	found := 0
	for _, s := range secrets {
		if Contains(all, s) {
			found++
		}
	}
	return found, err
}

// Contains looks for a value in UTF-8, UTF-16, hex, base64 at three offsets,
// and without regard to case.
func Contains(data []byte, value string) bool {
	forms := [][]byte{[]byte(value), []byte(hex.EncodeToString([]byte(value))), utf16(value)}
	for offset := range 3 {
		enc := base64.RawStdEncoding.EncodeToString(append(make([]byte, offset), value...))
		forms = append(forms, []byte(enc[2*offset:len(enc)-2])) // without what its neighbours change
	}
	for _, f := range forms {
		if bytes.Contains(data, f) {
			return true
		}
	}
	return bytes.Contains(bytes.ToLower(data), []byte(strings.ToLower(value)))
}

func utf16(s string) []byte {
	var out []byte
	for _, b := range []byte(s) { // the samples are ASCII
		out = append(out, b, 0)
	}
	return out
}
