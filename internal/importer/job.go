package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/acme/customers/internal/remote"
)

// A Job is an import as a person asks for it: a file, where its leftovers go,
// and somebody who watches.
type Job struct {
	Path    string    // of the input; "-" is In
	In      io.Reader // the standard input
	Options Options
	Mode    remote.Mode
	Rows    int
	// Parallel batches are in flight.
	Parallel int
	Target   string // the service, so that one's checkpoint is not used for another
	Send     func(context.Context, remote.Batch) ([]remote.Outcome, error)

	CheckpointPath string // "" is Path + ".checkpoint"
	RejectsPath    string // "" keeps none
	SaveEvery      time.Duration
	Watch          io.Writer // notices and progress
	OnReject       func(Reject)

	// Resumed is set by Run: the rows that an earlier run had accounted for.
	Resumed int64
}

// Run imports. The checkpoint goes away once the input has ended; it stays
// after an error, and the same Job then continues.
func (j *Job) Run(ctx context.Context) (sum Summary, err error) {
	in, size, closeInput, err := j.open()
	if err != nil {
		return sum, err
	}
	defer closeInput()
	cp, err := j.checkpoint(in)
	if err != nil {
		return sum, err
	}
	options := j.Options
	options.Name = j.Path
	source, err := Open(in, options)
	if err != nil {
		return sum, err
	}
	rejects, err := j.rejects(in, cp)
	if err != nil {
		return sum, err
	}
	if rejects != nil {
		defer func() { err = cmp.Or(err, rejects.Close()) }()
	}
	if j.Resumed = cp.Done().Rows; j.Mode == remote.Validate {
		j.describe(source)
	}
	im := &Import{Source: source, Send: j.Send, Mode: j.Mode, Rows: j.Rows, Parallel: j.Parallel,
		Checkpoint: cp, Rejects: rejects, SaveEvery: j.SaveEvery, OnReject: j.OnReject, Progress: NewProgress(j.Watch, size, cp.Done())}
	sum, err = im.Run(ctx)
	im.Progress.Close()
	if err == nil && cp != nil {
		err = cp.Remove()
	}
	return sum, err
}

// open gives the input; size is 0 when it is not a file that can be read again.
func (j *Job) open() (in io.Reader, size int64, closeInput func(), err error) {
	if j.Path == "-" {
		return j.In, 0, func() {}, nil
	}
	file, err := os.Open(j.Path)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	info, err := file.Stat()
	switch {
	case err == nil && info.IsDir():
		err = usage("the input is a folder")
	case err == nil && info.Mode().IsRegular():
		size = info.Size()
	}
	if err != nil {
		_ = file.Close()
		return nil, 0, nil, err
	}
	return file, size, func() { _ = file.Close() }, nil
}

// checkpoint is nil for a dry run, which has nothing to lose, and for an input
// that cannot be read again.
func (j *Job) checkpoint(in io.Reader) (*Checkpoint, error) {
	if j.Mode == remote.Validate {
		return nil, nil
	}
	file, ok := in.(*os.File)
	info, err := statRegular(file, ok && j.Path != "-")
	if err != nil || info == nil {
		j.note("This input can be read only once: if the import is interrupted, it cannot be continued.")
		return nil, err
	}
	path := cmp.Or(j.CheckpointPath, j.Path+".checkpoint")
	if same(path, info) {
		return nil, usage("the checkpoint cannot be the input itself")
	}
	id, err := Identify(file, info.Size())
	if err != nil {
		return nil, err
	}
	cp, err := OpenCheckpoint(path, id, Fingerprint(j.Target, j.Mode, j.Rows, j.Options.Format, j.Options.Delimiter,
		j.Options.Mapping.Rules, j.Options.Mapping.IgnoreUnknown, j.RejectsPath))
	if err == nil && cp.Done().Rows > 0 {
		j.note(fmt.Sprintf("Continuing after %d rows that an earlier run accounted for.", cp.Done().Rows))
	}
	return cp, err
}

func statRegular(file *os.File, ok bool) (os.FileInfo, error) {
	if !ok {
		return nil, nil
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, err
	}
	return info, nil
}

func (j *Job) rejects(in io.Reader, cp *Checkpoint) (*RejectFile, error) {
	if j.RejectsPath == "" {
		return nil, nil
	}
	if file, ok := in.(*os.File); ok {
		if info, err := file.Stat(); err == nil && same(j.RejectsPath, info) {
			return nil, usage("the rejects file cannot be the input itself")
		}
	}
	if path := cmp.Or(j.CheckpointPath, j.Path+".checkpoint"); path == j.RejectsPath {
		return nil, usage("the rejects file cannot be the checkpoint")
	}
	return OpenRejects(j.RejectsPath, cp.RejectsSize())
}

// same tells whether a path is a file that exists already, by any name.
func same(path string, file os.FileInfo) bool {
	info, err := os.Stat(path)
	return err == nil && os.SameFile(info, file)
}

// describe tells a dry run what the columns would become.
func (j *Job) describe(s Source) {
	if table, ok := s.(*csvSource); ok {
		for _, c := range table.plan.columns {
			j.note(fmt.Sprintf("column %q becomes %s", c.name, c.path))
		}
		j.note(fmt.Sprintf("%d columns are dropped", table.plan.dropped))
	}
}

func (j *Job) note(s string) {
	_, _ = fmt.Fprintln(j.Watch, s)
}

// Interrupted tells whether an import ended because it was asked to.
func Interrupted(err error) bool { return errors.Is(err, context.Canceled) }
