package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/acme/customers/cmd/bench/internal/load"
	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
)

const (
	listening    = 1000 // at once
	heardOf      = 100  // customers that they listen to, ten each
	happening    = 2000 // activities that are recorded
	happeningsAt = 200  // a second
)

// listeners holds 1,000 live timelines open, records activities at a steady
// rate, and measures from before each request until each listener has it.
func (b *bench) listeners(ctx context.Context, s *service) error {
	say("%d listeners to %d customers", listening, heardOf)
	token, err := machine.Command(ctx, b.cfg.binary, "token", "--data", filepath.Join(s.folder, "data"), "--role", "support")
	if err != nil {
		return err
	}
	a := &audience{service: s, token: strings.TrimSpace(token), ears: make([]ear, listening)}
	ctx, cancel := context.WithCancel(ctx)
	var open, all sync.WaitGroup
	open.Add(listening)
	for i := range a.ears {
		all.Go(func() { a.listen(ctx, i, open.Done) })
	}
	open.Wait()
	before, err := machine.CPU(s.process.Pid())
	if err != nil {
		cancel()
		return err
	}
	started := time.Now()
	err = a.happen(ctx)
	for end := time.Now().Add(10 * time.Second); a.heard.Load() < happening*listening/heardOf && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	took := time.Since(started)
	cancel()
	all.Wait()
	after, err2 := machine.CPU(s.process.Pid())
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	var waits load.Histogram
	for i := range a.ears {
		waits.Merge(&a.ears[i].waits)
	}
	say("%d of %d were heard in %v: p50 %v, p99 %v, at most %v, %.0f %% of a core; %d answers were begun anew", a.heard.Load(), happening*listening/heardOf, took.Round(time.Millisecond),
		waits.Quantile(0.5).Round(time.Millisecond/10), waits.Quantile(0.99).Round(time.Millisecond/10), waits.Quantile(1).Round(time.Millisecond/10),
		100*(after-before).Seconds()/took.Seconds(), a.again.Load())
	b.report.Bulk = append(b.report.Bulk, report.Bulk{How: fmt.Sprintf("heard by %d listeners, p50 %v p99 %v", listening, waits.Quantile(0.5).Round(time.Millisecond/10), waits.Quantile(0.99).Round(time.Millisecond/10)),
		Store: s.store, From: s.acknowledged, Rows: int(a.heard.Load()), Took: took, Rate: float64(a.heard.Load()) / took.Seconds()})
	if a.heard.Load() != happening*listening/heardOf {
		return errors.New("not everything was heard")
	}
	return nil
}

// audience is who listens.
type audience struct {
	service *service
	token   string
	ears    []ear
	sent    [happening]atomic.Int64 // when, by the number of the activity; Unix time in nanoseconds
	heard   atomic.Int64
	again   atomic.Int64
}

type ear struct{ waits load.Histogram }

// listen asks again whenever an answer ends, until ctx does.
func (a *audience) listen(ctx context.Context, i int, opened func()) {
	once := sync.OnceFunc(opened)
	defer once()
	last := ""
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.service.process.URL+"/v1/customers/"+a.service.ids[i%heardOf].String()+"/timeline/live", nil)
		if err != nil {
			return
		}
		req.Header.Set("Authorization", "Bearer "+a.token)
		if last != "" {
			req.Header.Set("Last-Event-ID", last)
			a.again.Add(1)
		}
		resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
		if err != nil {
			continue
		}
		if resp.StatusCode == http.StatusOK {
			once()
			last = a.hear(i, bufio.NewScanner(resp.Body), last)
		}
		_ = resp.Body.Close()
	}
}

// hear reads events until the answer ends, and gives the last id.
func (a *audience) hear(i int, in *bufio.Scanner, last string) string {
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		line := in.Text()
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			last = id
		}
		_, rest, ok := strings.Cut(line, `heard-`)
		number, _, closed := strings.Cut(rest, `"`)
		if n, err := strconv.Atoi(number); ok && closed && err == nil {
			a.ears[i].waits.Add(time.Duration(time.Now().UnixNano() - a.sent[n].Load()))
			a.heard.Add(1)
		}
	}
	return last
}

// happen records activities, in open loop.
func (a *audience) happen(ctx context.Context) error {
	client := a.service.client()
	var group sync.WaitGroup
	errs := make([]error, happening)
	started := time.Now()
	for n := range happening {
		time.Sleep(time.Until(started.Add(time.Duration(n) * time.Second / happeningsAt)))
		group.Go(func() {
			a.sent[n].Store(time.Now().UnixNano())
			resp, err := client.Do(ctx, http.MethodPost, "/v1/customers/"+a.service.ids[n%heardOf].String()+"/activities", http.Header{"Content-Type": {"application/json"}},
				fmt.Appendf(nil, `{"id":"heard-%d","source":"identity","type":"UserAuthenticated"}`, n))
			if err == nil {
				_ = resp.Body.Close()
			}
			errs[n] = err
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
