package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"github.com/acme/customers/cmd/bench/internal/load"
	"github.com/acme/customers/cmd/bench/internal/machine"
)

// profiles takes a CPU profile of each path under full load, apart from the
// measured rounds: profiling costs.
func (b *bench) profiles(ctx context.Context, s *service) error {
	if b.cfg.profile == 0 {
		return nil
	}
	p := load.Plan{Connections: b.cfg.connections[0], WarmUp: b.cfg.warmUp, Duration: b.cfg.profile + b.cfg.warmUp}
	for _, path := range []struct {
		name string
		load func() error
	}{
		{"read", func() error { _, err := b.read(ctx, s, &byID, s.process, p); return err }},
		{"register", func() error { _, err := b.register(ctx, s, p); return err }},
	} {
		say("%s: profile of %s", s.store, path.name)
		done := make(chan error, 1)
		go func() { done <- path.load() }()
		err := b.profile(ctx, s, s.store+"-"+path.name)
		if err = errors.Join(err, <-done); err != nil {
			return fmt.Errorf("profile of %s: %w", path.name, err)
		}
	}
	return nil
}

// profile leaves NAME.pprof and, for people, NAME.top: the functions that take
// the most with all that they call.
func (b *bench) profile(ctx context.Context, s *service, name string) error {
	url := fmt.Sprintf("%s/profile?seconds=%d", s.process.Profile, int(b.cfg.profile.Seconds()))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return errors.New("no profile: " + resp.Status)
	}
	raw := filepath.Join(b.cfg.out, name+".pprof")
	file, err := os.Create(raw)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, resp.Body)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	top, err := machine.Command(ctx, "go", "tool", "pprof", "-top", "-cum", "-nodecount=120", b.cfg.binary, raw)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.cfg.out, name+".top"), []byte(top), 0o644)
}
