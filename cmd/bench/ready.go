package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
)

// aimReady is for 1,000,000 customers, in seconds.
const aimReady = 15

// measureReady fills one store through the sizes, and at each starts the program
// anew on it.
func (b *bench) measureReady(ctx context.Context) (err error) {
	s, err := b.start(ctx, sqlite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop(err == nil)) }()
	for _, n := range b.cfg.search.ready {
		if err := b.fillAs(ctx, s, n, appendCitizen); err != nil {
			return err
		}
		if err := errors.Join(s.process.Stop(), b.again(ctx, s)); err != nil {
			return err
		}
	}
	if b.cfg.profile == 0 {
		return nil
	}
	if err := errors.Join(s.process.Stop(), b.launch(s)); err != nil { // once more: profiling costs
		return err
	}
	return b.profile(ctx, s, "ready")
}

func (b *bench) again(ctx context.Context, s *service) error {
	started := time.Now()
	if err := b.launch(s); err != nil {
		return err
	}
	for _, path := range []string{"/readyz", "/readyz/search"} {
		if err := s.await(ctx, path); err != nil {
			return err
		}
		f := report.Figure{What: "from the start until " + path, Customers: s.acknowledged, Value: time.Since(started).Seconds(), Unit: "s"}
		if s.acknowledged >= 1_000_000 {
			f.Aim = aimReady
		}
		b.figure(f)
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	cpu, err := machine.CPU(s.process.Pid())
	if err != nil {
		return err
	}
	rss, err := machine.RSS(s.process.Pid())
	if err != nil {
		return err
	}
	b.figure(report.Figure{What: "CPU of that", Customers: s.acknowledged, Value: cpu.Seconds(), Unit: "s"})
	b.figure(report.Figure{What: "RSS after it", Customers: s.acknowledged, Value: float64(rss-s.rssEmpty) / float64(s.acknowledged), Unit: "bytes a customer"})
	return nil
}

// await asks until the answer is 200.
func (s *service) await(ctx context.Context, path string) error {
	last := ""
	for end := time.Now().Add(settleTime); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.process.URL+path, nil)
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			last = err.Error()
			continue
		}
		_ = resp.Body.Close()
		if last = resp.Status; resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	return errors.Join(ctx.Err(), fmt.Errorf("%s does not answer 200: %s", path, last))
}
