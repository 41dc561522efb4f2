package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/fault"
	"github.com/acme/customers/internal/journal"
	"github.com/acme/customers/internal/streams"
)

// reportLine is one line of the service's report.
type reportLine struct {
	Progress *progressLine `json:"progress"`
	Finding  *findingLine  `json:"finding"`
	Done     bool          `json:"done"`
	Code     string        `json:"code"` // why it could not look
}

type progressLine struct {
	Records  int64 `json:"records"`
	Streams  int64 `json:"streams"`
	Findings int64 `json:"findings"`
}

type findingLine struct {
	Kind     string `json:"kind"`
	Stream   string `json:"stream"`
	Position int64  `json:"position"`
	Code     string `json:"code"`
}

type verifyCmd struct {
	serviceFlags
	Offline bool   `help:"Look into the stores of a service that is not running."`
	Store   dsn    `help:"As for serve, with --offline."`
	Keys    dsn    `help:"As for serve, with --offline."`
	Keyring string `help:"As for serve, with --offline." type:"path"`
	KMS     string `help:"As for serve, with --offline."`
}

// Run prints what differs. It exits 3 when something does.
func (v verifyCmd) Run(ctx context.Context, c console) error {
	if !v.Offline {
		return watchReport(ctx, c, v.serviceFlags, "/v1/maintenance/verify")
	}
	cfg := config{Data: v.Data, Store: v.Store, Keys: v.Keys, Keyring: v.Keyring, KMS: v.KMS}
	if err := cfg.fillStores(); err != nil {
		return coded{exitUsage, err}
	}
	return v.offline(ctx, c, &cfg)
}

func (v verifyCmd) offline(ctx context.Context, c console, cfg *config) error {
	for _, d := range []dsn{cfg.Store, cfg.Keys} {
		if _, err := os.Stat(d.path()); d.sqlite() && err != nil {
			return coded{exitUsage, fmt.Errorf("there is no store at %s", d.path())}
		}
	}
	keys, err := openVault(ctx, cfg)
	if err != nil {
		return coded{exitNotReady, err}
	}
	defer keys.Close()
	store, err := openStore(ctx, cfg.Store, nil) // takes the exclusive lock on SQLite
	if err != nil {
		return coded{exitNotReady, err}
	}
	defer store.Close()
	kinds, err := streams.New()
	if err != nil {
		return err
	}
	report := journal.Report{
		Finding: func(f journal.Finding) {
			printFinding(c, findingLine{f.Kind, f.Stream.String(), f.Position, fault.CodeOf(f.Err)})
		},
		Progress: func(p journal.Progress) { printProgress(c, progressLine(p)) },
	}
	done, err := journal.Verify(ctx, journal.New(store, keys), kinds.All(), report)
	if err != nil {
		return err
	}
	return conclude(c, progressLine(done))
}

type rebuildCmd struct{ serviceFlags }

// Run makes every snapshot anew, while the service serves.
func (r rebuildCmd) Run(ctx context.Context, c console) error {
	return watchReport(ctx, c, r.serviceFlags, "/v1/maintenance/rebuild")
}

// watchReport shows a report while the service makes it.
func watchReport(ctx context.Context, c console, f serviceFlags, path string) error {
	var last *progressLine
	ended, code := false, ""
	err := follow(ctx, f.client(authz.RoleAdmin), path, func(raw []byte) error {
		var line reportLine
		if err := json.Unmarshal(raw, &line); err != nil {
			return errors.New("the service's report cannot be read")
		}
		if line.Progress != nil {
			last = line.Progress
			printProgress(c, *last)
		}
		if line.Finding != nil {
			printFinding(c, *line.Finding)
		}
		ended, code = line.Done, line.Code
		return nil
	})
	switch {
	case err != nil:
		return err
	case code != "":
		return fmt.Errorf("the service could not look at everything: %s", code)
	case !ended || last == nil:
		return errors.New("the report broke off")
	}
	return conclude(c, *last)
}

func printFinding(c console, f findingLine) {
	c.stepped()
	fmt.Fprintf(c.out, "%s  %s  position %d  %s\n", f.Kind, f.Stream, f.Position, f.Code)
}

func printProgress(c console, p progressLine) {
	c.step("%d records, %d streams, %d findings", p.Records, p.Streams, p.Findings)
}

func conclude(c console, p progressLine) error {
	c.stepped()
	fmt.Fprintf(c.out, "%d records and %d streams were looked at, %d findings\n", p.Records, p.Streams, p.Findings)
	if p.Findings > 0 {
		return coded{exitPartial, errors.New("something is not as it should be")}
	}
	return nil
}

type migrateCmd struct {
	Data  string `help:"Data folder." default:"data" type:"path"`
	Store dsn    `help:"As for serve."`
	Keys  dsn    `help:"As for serve."`
}

// Run opens every store once, which brings its schema forward. It takes the
// exclusive lock where there is one.
func (m migrateCmd) Run(ctx context.Context, c console) error {
	cfg := config{Data: m.Data, Store: m.Store, Keys: m.Keys}
	if err := cfg.fillStores(); err != nil {
		return coded{exitUsage, err}
	}
	if err := folders(&cfg); err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		open func() (interface{ Close() error }, error)
	}{
		{"event store", func() (interface{ Close() error }, error) { return openStore(ctx, cfg.Store, nil) }},
		{"key store", func() (interface{ Close() error }, error) { return openKeys(ctx, cfg.Keys) }},
		{"access log", func() (interface{ Close() error }, error) { return openAccess(ctx, cfg.Store) }},
		{"dead letters", func() (interface{ Close() error }, error) { return openDeadLetters(ctx, cfg.Store) }},
	} {
		store, err := part.open()
		if err != nil {
			return coded{exitNotReady, fmt.Errorf("%s: %w", part.name, err)}
		}
		if err := store.Close(); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s: up to date\n", part.name)
	}
	return nil
}
