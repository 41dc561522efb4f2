package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/acme/customers/internal/bus"
	"github.com/acme/customers/internal/bus/bustest"
	"github.com/acme/customers/internal/bus/memory"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/fault"
)

const registered = "identity.v1.UserRegistered"

func TestDecodeIsStrict(t *testing.T) {
	good, _ := bustest.UserRegistered(7)
	m, err := bus.Decode(registered, good)
	if err != nil || m.ID != "evt-7" || m.Source != "/identity" || m.Type != "identity.UserRegistered" ||
		!strings.Contains(string(m.Data), "zebedee-7@") || m.Time.IsZero() {
		t.Fatalf("%+v, %v", m, err)
	}
	text := string(good)
	for name, raw := range map[string]string{
		"empty":           "",
		"not JSON":        "hello",
		"trailing":        text + "{}",
		"array":           "[" + text + "]",
		"duplicate id":    strings.Replace(text, `"id":`, `"id":"other","id":`, 1),
		"duplicate email": strings.Replace(text, `"email":`, `"email":"x","email":`, 1),
		"no id":           strings.Replace(text, `"id":"evt-7",`, ``, 1),
		"no type":         strings.Replace(text, `"type":"identity.UserRegistered",`, ``, 1),
		"version 0.3":     strings.Replace(text, `"1.0"`, `"0.3"`, 1),
		"another type":    strings.Replace(text, `UserRegistered`, `UserDeleted`, 1),
		"wrong case":      strings.Replace(text, `"type"`, `"Type"`, 1),
		"bad time":        strings.Replace(text, `2026-11-23T10:00:00Z`, `yesterday`, 1),
		"XML data":        strings.Replace(text, `application/json`, `text/xml`, 1),
		"text data":       text[:strings.Index(text, `"data"`)] + `"data":"hello"}`,
		"base64 data":     text[:strings.Index(text, `"data"`)] + `"data_base64":"aGVsbG8="}`,
		"no data":         text[:strings.Index(text, `,"data"`)] + `}`,
		"bad UTF-8":       strings.Replace(text, "Zebedee7", "Zeb\xffedee", 1),
		"too large":       strings.Replace(text, "Zebedee7", strings.Repeat("z", bus.MaxInbound), 1),
	} {
		_, err := bus.Decode(registered, []byte(raw))
		if k := fault.KindOf(err); k != fault.Malformed && k != fault.TooLarge {
			t.Errorf("%s: %v", name, err)
		} else if strings.Contains(strings.ToLower(err.Error()), "zebedee") {
			t.Errorf("%s: the fault repeats a value", name)
		}
	}
}

// Messages of different customers must have different keys however they name
// them, or all of them wait for each other.
func TestAMessageIsOfWhomItNames(t *testing.T) {
	keys := map[string]string{}
	for _, raw := range []string{
		`{"subject":"s","data":{"userId":"u1"}}`, `{"data":{"customerId":"c1"}}`, `{"data":{"customerId":"c2"}}`,
		`{"subject":"s","data":{"externalId":{"source":"crm","id":"7"}}}`, `{"data":{"externalId":{"source":"erp","id":"7"}}}`, `{"subject":"s"}`,
	} {
		key := bus.KeyOf([]byte(raw))
		if key == "" || keys[key] != "" {
			t.Errorf("%s has the key %q of %s", raw, key, keys[key])
		}
		keys[key] = raw
	}
	if bus.KeyOf([]byte(`{"data":{}}`)) != "" || bus.KeyOf([]byte(`{`)) != "" {
		t.Error("nobody has a key")
	}
}

func FuzzDecode(f *testing.F) {
	good, _ := bustest.UserRegistered(1)
	f.Add(registered, good)
	f.Fuzz(func(t *testing.T, subject string, raw []byte) {
		m, err := bus.Decode(subject, raw)
		if err == nil && (m.ID == "" || m.Type == "" || m.Source == "" || len(m.Data) == 0) {
			t.Errorf("taken without an attribute: %d bytes", len(raw))
		}
		bus.KeyOf(raw)
	})
}

type failing struct{ bus.Putter }

func (failing) Put(context.Context, bus.Letter) error { return fault.ErrUnavailable }

func TestWhatBecomesOfADelivery(t *testing.T) {
	good, _ := bustest.UserRegistered(1)
	for name, tc := range map[string]struct {
		data    []byte
		err     error
		panics  bool
		attempt int
		deadOut bool // the dead letters are down
		want    bus.Outcome
		dead    string // code of the letter, "" for none
	}{
		"handled":                       {attempt: 1, want: bus.Done},
		"handled before":                {attempt: 2, err: eventstore.ErrDuplicate, want: bus.Done},
		"a dependency is down":          {attempt: 1, err: fault.ErrUnavailable, want: bus.Repeat},
		"a bug":                         {attempt: 4, err: errors.New("boom"), want: bus.Repeat},
		"a bug, for the last time":      {attempt: 5, err: errors.New("boom"), want: bus.Done, dead: "internal"},
		"a panic":                       {attempt: 1, panics: true, want: bus.Repeat},
		"a panic, for the last time":    {attempt: 5, panics: true, want: bus.Done, dead: "internal"},
		"what it is about is not there": {attempt: 1, err: fault.ErrNotFound, want: bus.Repeat},
		"a race":                        {attempt: 1, err: fault.ErrVersion, want: bus.Repeat},
		"a rule is broken":              {attempt: 1, err: fault.ErrInvalid, want: bus.Done, dead: "invalid"},
		"the e-mail is taken":           {attempt: 1, err: fault.ErrEmailTaken, want: bus.Done, dead: "email_taken"},
		"not readable":                  {attempt: 1, data: []byte("?"), want: bus.Done, dead: "malformed"},
		"about somebody erased":         {attempt: 1, err: fault.ErrErased, want: bus.Done},
		"nowhere to put it":             {attempt: 9, err: fault.ErrInvalid, deadOut: true, want: bus.Repeat},
	} {
		t.Run(name, func(t *testing.T) {
			store := memory.NewDeadLetters()
			q := bus.NewQuarantine(store, bustest.NewSealer(), 0, nil)
			r := &bus.Receiver{Dead: q, Logger: slog.New(slog.DiscardHandler), Handle: func(context.Context, bus.InboundMessage) error {
				if tc.panics {
					panic("zebedee")
				}
				return tc.err
			}}
			if tc.deadOut {
				r.Dead = failing{}
			}
			data := tc.data
			if data == nil {
				data = good
			}
			got, delay := r.Receive(t.Context(), bus.Delivery{Subject: registered, Data: data, Attempt: tc.attempt})
			if got != tc.want || (delay > 0) != (tc.want == bus.Repeat) {
				t.Errorf("outcome %d after %v", got, delay)
			}
			letters, _ := q.List(t.Context(), "", 10)
			if tc.dead == "" && len(letters) != 0 || tc.dead != "" && (len(letters) != 1 || letters[0].Code != tc.dead || letters[0].Attempts != tc.attempt) {
				t.Errorf("letters %+v", letters)
			}
		})
	}
}

func TestAnInterruptedHandlerIsNotTheMessagesFault(t *testing.T) {
	good, _ := bustest.UserRegistered(1)
	ctx, stop := context.WithCancel(t.Context())
	r := &bus.Receiver{Dead: failing{}, Logger: slog.New(slog.DiscardHandler), Handle: func(ctx context.Context, _ bus.InboundMessage) error {
		stop()
		return fault.ErrInvalid.With(ctx.Err())
	}}
	if got, _ := r.Receive(ctx, bus.Delivery{Subject: registered, Data: good, Attempt: 5}); got != bus.Repeat {
		t.Error("a message was given up while stopping")
	}
}

func TestDelaysGrow(t *testing.T) {
	good, _ := bustest.UserRegistered(1)
	r := &bus.Receiver{Attempts: 100, Dead: failing{}, Logger: slog.New(slog.DiscardHandler),
		Handle: func(context.Context, bus.InboundMessage) error { return fault.ErrUnavailable }}
	var last time.Duration
	for attempt := 1; attempt < 10; attempt++ {
		_, d := r.Receive(t.Context(), bus.Delivery{Subject: registered, Data: good, Attempt: attempt})
		if d < last || d <= 0 {
			t.Errorf("attempt %d: %v after %v", attempt, d, last)
		}
		last = d
	}
	if last != 2*time.Minute {
		t.Errorf("the longest delay is %v", last)
	}
}

func quarantined(t *testing.T, now *time.Time) (*bus.Quarantine, *memory.DeadLetters, *bustest.Sealer) {
	t.Helper()
	store, sealer := memory.NewDeadLetters(), bustest.NewSealer()
	return bus.NewQuarantine(store, sealer, 0, func() time.Time { return *now }), store, sealer
}

func TestALetterIsFoundShownReplayedAndErased(t *testing.T) {
	now := time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC)
	q, _, _ := quarantined(t, &now)
	put := func(n int) {
		data, _ := bustest.UserRegistered(n)
		for range 2 { // a redelivery makes no second letter
			if err := q.Put(t.Context(), bus.Letter{Subject: registered, Data: data, Code: "invalid", Attempts: 1}); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(1)
	put(2)
	if n, err := q.Count(t.Context()); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	_, secrets := bustest.UserRegistered(1)
	ids, err := q.FindUser(t.Context(), secrets[2])
	if len(ids) != 1 || err != nil {
		t.Fatal(ids, err)
	}
	data, _ := bustest.UserRegistered(1)
	if l, err := q.Show(t.Context(), ids[0]); err != nil || string(l.Data) != string(data) {
		t.Fatal(err)
	}
	if err := q.Replay(t.Context(), ids[0], func(context.Context, bus.InboundMessage) error { return fault.ErrInvalid }); !errors.Is(err, fault.ErrInvalid) {
		t.Fatal(err)
	}
	var replayed string
	if err := q.Replay(t.Context(), ids[0], func(_ context.Context, m bus.InboundMessage) error { replayed = m.ID; return nil }); err != nil || replayed != "evt-1" {
		t.Fatal(replayed, err)
	}
	if _, err := q.Show(t.Context(), ids[0]); !errors.Is(err, bus.ErrNoLetter) {
		t.Errorf("a replayed letter is still there: %v", err)
	}
	_, secrets = bustest.UserRegistered(2)
	if n, err := q.Erase(t.Context(), secrets[2]); n != 1 || err != nil {
		t.Error(n, err)
	}
	if n, _ := q.Count(t.Context()); n != 0 {
		t.Errorf("%d letters left", n)
	}
}

func TestALetterDiesWithItsDay(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	q, store, _ := quarantined(t, &now)
	data, _ := bustest.UserRegistered(1)
	if err := q.Put(t.Context(), bus.Letter{Subject: registered, Data: data, Code: "invalid"}); err != nil {
		t.Fatal(err)
	}
	ids, _ := store.List(t.Context(), "", 1)
	backup, _ := store.Get(t.Context(), ids[0].ID)
	for _, tc := range []struct {
		days    int
		deleted int64
	}{{1, 0}, {29, 0}, {1, 1}, {1, 0}} { // after 1, 30, 31 and 32 days
		now = now.AddDate(0, 0, tc.days)
		if n, err := q.Purge(t.Context()); n != tc.deleted || err != nil {
			t.Errorf("on %s purged %d, %v", now.Format(time.DateOnly), n, err)
		}
	}
	_ = store.Put(t.Context(), backup) // as a restored backup would
	if l, err := q.Show(t.Context(), backup.ID); err == nil {
		t.Errorf("a letter of a destroyed day opens: %d bytes", len(l.Data))
	}
}

func TestALetterCannotBeMovedOrEdited(t *testing.T) {
	now := time.Now()
	for name, change := range map[string]func(*bus.SealedLetter){
		"unchanged (control)": func(*bus.SealedLetter) {},
		"id":                  func(l *bus.SealedLetter) { l.ID = fmt.Sprintf("%032x", 1) },
		"subject":             func(l *bus.SealedLetter) { l.Subject = "identity.v1.UserDeleted" },
		"user":                func(l *bus.SealedLetter) { l.User[0]++ },
		"code":                func(l *bus.SealedLetter) { l.Code = "internal" },
		"content":             func(l *bus.SealedLetter) { l.Sealed[20]++ },
	} {
		q, store, _ := quarantined(t, &now)
		data, _ := bustest.UserRegistered(1)
		_ = q.Put(t.Context(), bus.Letter{Subject: registered, Data: data, Code: "invalid"})
		list, _ := store.List(t.Context(), "", 1)
		l, _ := store.Get(t.Context(), list[0].ID)
		_ = store.Delete(t.Context(), l.ID)
		change(&l)
		_ = store.Put(t.Context(), l)
		if _, err := q.Show(t.Context(), l.ID); (err == nil) != (name == "unchanged (control)") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
