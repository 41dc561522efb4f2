package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
)

// whyLate leaves a profile of each kind of question that was late at the last
// size.
func (b *bench) whyLate(t *town) error {
	for i := range kinds {
		late := slices.ContainsFunc(b.report.Duels, func(d report.Duel) bool {
			return d.Kind == kinds[i].name && d.Customers == t.people && d.CPU.P99 > aimFind
		})
		if late && b.cfg.profile > 0 {
			if err := b.profileKind(t, &kinds[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) profileKind(t *town, k *kind) error {
	name := "search-" + strings.ReplaceAll(k.name, " ", "-")
	raw := filepath.Join(b.cfg.out, name+".pprof")
	questions, r := make([]asked, 100), rand.New(rand.NewPCG(uint64(t.people), uint64(len(k.name))))
	for i := range questions {
		questions[i] = k.question(r, t.people)
	}
	file, err := os.Create(raw)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(err, file.Close())
	}
	started := time.Now()
	for i := 0; err == nil && time.Since(started) < b.cfg.profile; i++ {
		_, _, err = t.find(&questions[i%len(questions)])
	}
	pprof.StopCPUProfile()
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return b.top(name, "-cum")
}

// whyLarge leaves a profile of what is alive.
func (b *bench) whyLarge() error {
	if b.cfg.profile == 0 {
		return nil
	}
	runtime.GC()
	file, err := os.Create(filepath.Join(b.cfg.out, "roster.pprof"))
	if err != nil {
		return err
	}
	if err := errors.Join(pprof.Lookup("heap").WriteTo(file, 0), file.Close()); err != nil {
		return err
	}
	return b.top("roster", "-sample_index=inuse_space")
}

// top lists, for people, what a profile of this program says.
func (b *bench) top(name, order string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := machine.Command(context.Background(), "go", "tool", "pprof", "-top", order, "-nodecount=80", self, filepath.Join(b.cfg.out, name+".pprof"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.cfg.out, name+".top"), []byte(text), 0o644)
}
