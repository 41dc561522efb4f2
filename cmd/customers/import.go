package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/acme/customers/internal/authz"
	"github.com/acme/customers/internal/importer"
	"github.com/acme/customers/internal/remote"
)

type importCmd struct {
	serviceFlags
	File          string   `arg:"" help:"CSV or JSON Lines; - is the standard input."`
	Format        string   `help:"${enum}; auto goes by the file's name or its first byte." enum:"auto,csv,jsonl" default:"auto"`
	Delimiter     string   `help:"What separates columns: ${enum}." enum:"auto,comma,semicolon,tab" default:"auto"`
	Map           []string `help:"What a column means, again and again: \"Vorname=name.given\", \"Kundennummer=externalIds.crm\", \"VIP=profile.attributes.vip:boolean\" (string, number, boolean), \"Wohnort=billing.city\" (address, shipping, billing, business), \"Notes=-\" drops it. Usual names are known." sep:"none" placeholder:"COLUMN=FIELD"`
	IgnoreUnknown bool     `help:"Drop columns that nothing is known for."`
	Mode          string   `help:"upsert changes customers who exist (by e-mail address, user id or external id), register rejects them." enum:"upsert,register" default:"upsert"`
	DryRun        bool     `help:"Check every row and change nothing."`
	Rejects       string   `help:"Write rows that were not taken to this CSV file: row, column and reason, no values." type:"path"`
	Checkpoint    string   `help:"Where to keep how far the import is (default: FILE.checkpoint)." type:"path"`
	flow
}

// flow is how rows are sent.
type flow struct {
	Batch    int `help:"Rows of a request, at most 10000." default:"500"`
	Parallel int `help:"Requests in flight, at most 16." default:"8"`
}

func (f flow) check() error {
	if f.Batch < 1 || f.Batch > remote.MaxLines || f.Parallel < 1 || f.Parallel > importer.MaxParallel {
		return coded{exitUsage, fmt.Errorf("--batch is 1 to %d and --parallel is 1 to %d", remote.MaxLines, importer.MaxParallel)}
	}
	return nil
}

// batchClient may register customers and do nothing else.
func (f serviceFlags) batchClient() (*remote.Client, error) {
	client := f.client(authz.RoleService, "customers:register")
	if err := client.Check(); err != nil {
		return nil, coded{exitUsage, err}
	}
	return client, nil
}

// Run imports the file. It exits with 0 when every row was taken and with 3
// when some were rejected; after anything else the same command continues.
func (i importCmd) Run(ctx context.Context, c console) error {
	client, err := i.batchClient()
	if err := cmp.Or(err, i.check()); err != nil {
		return err
	}
	rejects := tally{}
	job := &importer.Job{Path: i.File, In: c.in, Options: i.options(), Mode: i.mode(), Rows: i.Batch, Parallel: i.Parallel,
		Target: i.URL, Send: client.Batch, CheckpointPath: i.Checkpoint, RejectsPath: i.Rejects, Watch: c.err, OnReject: rejects.add}
	start := time.Now()
	sum, err := job.Run(ctx)
	if errors.Is(err, importer.ErrUsage) {
		return coded{exitUsage, err}
	}
	say(c, sum, job.Resumed, time.Since(start))
	rejects.print(c)
	switch {
	case importer.Interrupted(err):
		return errors.New("interrupted" + i.again())
	case err != nil:
		return fmt.Errorf("stopped%s: %w", i.again(), err)
	case i.DryRun:
		fmt.Fprintln(c.out, "This was a dry run: nothing was changed. Whether an identifier is taken only the import itself can tell.")
	}
	return partial(sum, i.Rejects)
}

func (i importCmd) again() string {
	if i.File == "-" || i.DryRun {
		return ""
	}
	return "; the same command continues where it was"
}

func (i importCmd) options() importer.Options {
	o := importer.Options{Mapping: importer.Mapping{Rules: i.Map, IgnoreUnknown: i.IgnoreUnknown}}
	if i.Format != "auto" {
		o.Format = importer.Format(i.Format)
	}
	o.Delimiter = map[string]rune{"comma": ',', "semicolon": ';', "tab": '\t'}[i.Delimiter]
	return o
}

func (i importCmd) mode() remote.Mode {
	if i.DryRun {
		return remote.Validate
	}
	return remote.Mode(i.Mode)
}

func say(c console, sum importer.Summary, resumed int64, took time.Duration) {
	took = took.Round(time.Millisecond)
	fmt.Fprintf(c.out, "%d rows: %d created, %d updated, ", sum.Rows, sum.Created, sum.Updated)
	if sum.Valid > 0 {
		fmt.Fprintf(c.out, "%d valid, ", sum.Valid)
	}
	fmt.Fprintf(c.out, "%d rejected; %d rows in %v, %.0f rows/s\n", sum.Rejected, sum.Rows-resumed, took, importer.Rate(sum.Rows-resumed, took))
}

func partial(sum importer.Summary, rejects string) error {
	switch {
	case sum.Rejected == 0:
		return nil
	case rejects == "":
		return coded{exitPartial, errors.New("some rows were rejected; --rejects FILE tells which")}
	}
	return coded{exitPartial, errors.New("some rows were rejected; see " + rejects)}
}

// tally counts rejects by reason and column: a million of them must not scroll
// by.
type tally map[[2]string]int

func (t tally) add(r importer.Reject) { t[[2]string{r.Code, r.Column}]++ }

func (t tally) print(c console) {
	reasons := slices.SortedFunc(maps.Keys(t), func(a, b [2]string) int {
		return cmp.Or(t[b]-t[a], cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	for _, r := range reasons[:min(len(reasons), 20)] {
		fmt.Fprintf(c.err, "%8d  %s  %s\n", t[r], r[0], r[1])
	}
}
