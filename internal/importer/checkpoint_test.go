package importer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/acme/customers/internal/remote"
)

// interrupted leaves the checkpoint of an import that was stopped.
func interrupted(t *testing.T) (*service, *Job) {
	t.Helper()
	s := newService(t)
	j := jobOf(s.client(), people(t, 40))
	ctx, cancel := context.WithCancel(t.Context())
	send := j.Send
	j.Send = func(ctx context.Context, b remote.Batch) ([]remote.Outcome, error) {
		if !strings.HasSuffix(b.Key, "-0") {
			cancel()
			return nil, ctx.Err()
		}
		return send(ctx, b)
	}
	j.Parallel = 1
	if _, err := j.Run(ctx); !Interrupted(err) {
		t.Fatalf("got %v", err)
	}
	j.Send = send
	return s, j
}

func TestTheCheckpointIsItsOwnersOnly(t *testing.T) {
	_, j := interrupted(t)
	info, err := os.Stat(j.Path + ".checkpoint")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	raw, _ := os.ReadFile(j.Path + ".checkpoint")
	if strings.Contains(string(raw), "example.com") || strings.Contains(string(raw), "+49") {
		t.Error("it holds values")
	}
}

func TestAnotherImportsCheckpointIsRefused(t *testing.T) {
	for name, change := range map[string]func(*Job){
		"another service":     func(j *Job) { j.Target = "other" },
		"another mode":        func(j *Job) { j.Mode = remote.Upsert },
		"another mapping":     func(j *Job) { j.Options.Mapping.Rules = []string{"Score=externalIds.score"} },
		"another batch size":  func(j *Job) { j.Rows = 11 },
		"another end":         func(j *Job) { rewrite(t, j.Path, "P40", "P41") },
		"another start":       func(j *Job) { rewrite(t, j.Path, "P1,p1@", "P1,q1@") },
		"more rows":           func(j *Job) { rewrite(t, j.Path, "P40", "P4O\nP40") },
		"no checkpoint of us": func(j *Job) { rewrite(t, j.Path+".checkpoint", "{", "[") },
	} {
		t.Run(name, func(t *testing.T) {
			s, j := interrupted(t)
			change(j)
			before := len(s.applied)
			if _, err := j.Run(t.Context()); !errors.Is(err, ErrUsage) || len(s.applied) != before {
				t.Errorf("got %v", err)
			}
		})
	}
	s, j := interrupted(t) // the control: unchanged, it continues
	if sum, err := j.Run(t.Context()); err != nil || len(everyRowOnce(s, 40, sum)) != 0 {
		t.Errorf("%+v %v", sum, err)
	}
}

func rewrite(t *testing.T, path, old, with string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(raw), old) {
		t.Fatal("nothing to rewrite", err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(raw), old, with, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatWasTouchedIsTheSame(t *testing.T) {
	s, j := interrupted(t)
	if err := os.Chtimes(j.Path, today, today); err != nil {
		t.Fatal(err)
	}
	if sum, err := j.Run(t.Context()); err != nil || len(everyRowOnce(s, 40, sum)) != 0 {
		t.Errorf("%+v %v", sum, err)
	}
}

func TestTheInputIsNotOverwritten(t *testing.T) {
	s := newService(t)
	path := people(t, 10)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Job){
		"by the rejects":            func(j *Job) { j.RejectsPath = path },
		"by the rejects, linked":    func(j *Job) { j.RejectsPath = link },
		"by the checkpoint":         func(j *Job) { j.CheckpointPath = link },
		"nor one file by the other": func(j *Job) { j.RejectsPath = path + ".checkpoint" },
	} {
		j := jobOf(s.client(), path)
		change(j)
		if _, err := j.Run(t.Context()); !errors.Is(err, ErrUsage) || len(s.applied) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStandardInputSaysThatItCannotContinue(t *testing.T) {
	s, path := newService(t), people(t, 30)
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var notes strings.Builder
	j := jobOf(s.client(), "-")
	j.In, j.Watch = file, &notes
	sum, err := j.Run(t.Context())
	if err != nil || len(everyRowOnce(s, 30, sum)) != 0 || !strings.Contains(notes.String(), "cannot be continued") {
		t.Errorf("%+v %v: %s", sum, err, notes.String())
	}
	if left, _ := filepath.Glob(filepath.Dir(path) + "/*"); len(left) != 1 {
		t.Errorf("left %v", left)
	}
}
