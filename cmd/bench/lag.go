package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/acme/customers/cmd/bench/internal/crowd"
	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/remote"
)

const (
	aimLag    = 250 // ms, p99
	aimEvents = 2000

	eventsLine = 50               // in one request
	liveRules  = 100              // that the aim is meant for
	hearTime   = 30 * time.Second // for what is still to come
)

// measureLag sends a steady stream of events to the service without segments and
// with some that are kept up to their rules, and measures from before the request
// until a change of a membership is on the bus.
func (b *bench) measureLag(ctx context.Context) error {
	for _, n := range append([]int{0}, b.cfg.search.live...) {
		if err := b.lagTurn(ctx, n); err != nil {
			return fmt.Errorf("%d segments: %w", n, err)
		}
	}
	return nil
}

func (b *bench) lagTurn(ctx context.Context, segments int) (err error) {
	at, err := freePort(ctx)
	if err != nil {
		return err
	}
	s, err := b.start(ctx, sqlite, "--nats-listen", at, "--nats-token", natsKey, "--rate-people", "1000000")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(err == nil)) }()
	admin, err := b.admin(ctx, s)
	if err == nil {
		err = b.fillAs(ctx, s, b.cfg.search.citizens, appendCitizen)
	}
	if err != nil {
		return err
	}
	n := newNews(s, segments > 0)
	if err := n.history(ctx); err != nil {
		return err
	}
	e, err := eavesdrop(ctx, "nats://"+at, n)
	if err != nil {
		return err
	}
	defer e.close()
	rules, err := liveSegments(ctx, admin, segments)
	if err == nil {
		err = s.settle(ctx)
	}
	if err != nil {
		return err
	}
	if err := b.stream(ctx, s, n, e, len(rules)); err != nil {
		return err
	}
	return agree(ctx, admin, rules)
}

// admin may see everything.
func (b *bench) admin(ctx context.Context, s *service) (*remote.Client, error) {
	token, err := machine.Command(ctx, b.cfg.binary, "token", "--data", filepath.Join(s.folder, "data"), "--role", "admin", "--scope", authz.ScopeDateOfBirth)
	token = strings.TrimSpace(token)
	return &remote.Client{BaseURL: s.process.URL, Token: func() (string, error) { return token, nil }}, err
}

// appendCitizen appends the n-th registration of the crowd.
func appendCitizen(buf []byte, n int) []byte {
	text, err := json.Marshal(crowd.Registration(n))
	if err != nil {
		panic(err) // texts and numbers only
	}
	return append(buf, text...)
}

// stream sends events at a steady rate for a while, then as many as there is
// time for.
func (b *bench) stream(ctx context.Context, s *service, n *news, e *ears, segments int) error {
	say("%d segments: %d events/s for %v", segments, aimEvents, b.cfg.search.events)
	before, err := machine.CPU(s.process.Pid())
	if err != nil {
		return err
	}
	events := int(b.cfg.search.events.Seconds()*aimEvents) / eventsLine * eventsLine
	waits, took, err := n.tell(ctx, events, aimEvents)
	if err != nil {
		return err
	}
	if err := e.all(ctx); err != nil {
		return err
	}
	after, err := machine.CPU(s.process.Pid())
	if err != nil {
		return err
	}
	what := fmt.Sprintf("events with %d segments", segments)
	add := func(kind string, value float64, unit string, aim float64, least bool) {
		b.figure(report.Figure{What: what + kind, Customers: s.acknowledged, Value: value, Unit: unit, Aim: aim, AtLeast: least})
	}
	add(", told", float64(events)/took.Seconds(), "events/s", aimEvents*0.99, true)
	add(", their requests, p50", inMillis(waits.Quantile(0.5)), "ms", 0, false)
	add(", their requests, p99", inMillis(waits.Quantile(0.99)), "ms", 0, false)
	add(", CPU of the service", float64((after-before).Microseconds())/float64(events), "µs an event", 0, false)
	if segments > 0 {
		e.tell(b, s, what)
		if err := b.profileStream(ctx, s, n); err != nil {
			return err
		}
	}
	if _, took, err = n.tell(ctx, events/2, 0); err != nil {
		return err
	}
	add(", as fast as it takes them", float64(events/2)/took.Seconds(), "events/s", 0, false)
	if err := e.all(ctx); err != nil {
		return err
	}
	return s.settle(ctx)
}

// profileStream takes a profile of the service while events come at their rate.
func (b *bench) profileStream(ctx context.Context, s *service, n *news) error {
	if b.cfg.profile == 0 {
		return nil
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := n.tell(ctx, int((b.cfg.profile+time.Second).Seconds())*aimEvents, aimEvents)
		done <- err
	}()
	err := b.profile(ctx, s, "segments")
	return errors.Join(err, <-done)
}

// agree checks at the end that every segment has as many members as its rule
// selects: lag is no excuse then.
func agree(ctx context.Context, admin *remote.Client, rules map[string]string) error {
	var wrong []string
	for key, criteria := range rules {
		var preview struct {
			Change struct{ Entering, Leaving int64 }
		}
		if err := admin.Call(ctx, "POST", "/v1/segments/preview", map[string]string{"criteria": criteria, "segment": key}, &preview); err != nil {
			return err
		}
		if preview.Change.Entering+preview.Change.Leaving != 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %+v", key, preview.Change))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("segments are not as their rules say: %v", wrong)
	}
	return nil
}

// record sends events, of which none may be refused.
func (s *service) record(ctx context.Context, body []byte, lines int) error {
	resp, err := s.client().Do(ctx, "POST", "/v1/activities", ndjson, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(resp.Body); err != nil {
		return err
	}
	if taken := bytes.Count(answer.Bytes(), []byte(`"status":204`)); taken != lines {
		return fmt.Errorf("%d of %d events were taken: %.300s", taken, lines, answer.Bytes())
	}
	return nil
}

// each runs some jobs, a few at a time, and gives the first error.
func each(jobs, atOnce int, do func(i int) error) error {
	var group sync.WaitGroup
	errs, slots := make([]error, jobs), make(chan struct{}, atOnce)
	for i := range jobs {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(i)
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
