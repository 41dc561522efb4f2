package sqlite_test

import (
	"bufio"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/eventstoretest"
	"github.com/acme/customers/internal/eventstore/sqlite"
	"github.com/acme/customers/internal/fault"
)

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// found reports how many commits of note are there; each must be whole.
func found(t *testing.T, s *sqlite.Store) int64 {
	t.Helper()
	log, err := s.Feed(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := eventstoretest.CheckLog(log); err != nil {
		t.Error(err)
	}
	n := int64(len(log))
	for version := int64(1); version <= n+1; version++ {
		c := note(version)
		row, err1 := s.ByNumber(t.Context(), version)
		request, err2 := s.Replay(t.Context(), c.Request.Key)
		holders, err3 := s.Find(t.Context(), c.Add[0].ClaimHash, 10)
		_, err4 := s.Commit(t.Context(), eventstore.Commit{Inbox: c.Inbox, Request: c.Request}) // refused, if either is there
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		want := version <= n
		if got := []bool{row != nil, request != nil, len(holders) == 1, err4 != nil}; slices.Contains(got, !want) {
			t.Errorf("commit %d of %d is there in part: %v", version, n, got)
		}
	}
	return n
}

// A process that is killed leaves whole commits: those that it acknowledged,
// and not the one that was written but for its COMMIT. The control is the
// child that dies after it: there the third one is found.
func TestAKilledProcessLeavesWholeCommits(t *testing.T) {
	for role, want := range map[string]int64{"die-before": 2, "die-after": 3} {
		path := filepath.Join(t.TempDir(), "log.db")
		acked := output(t, command(t, role, path))
		if int64(len(acked)) != want {
			t.Fatalf("%s: the child said %q", role, acked)
		}
		if got := found(t, open(t, path)); got != want {
			t.Errorf("%s: %d commits, want %d", role, got, want)
		}
	}
}

// The second process is told why, and the kernel gives the file back when the
// first one ends.
func TestOneProcessHasTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	cmd := command(t, "hold", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the child said %q: %v", line, err)
	}
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("opened a second time: %v", err)
	}
	in.Close()
	cmd.Wait()
	open(t, path)
}

// A full disk refuses the commit, keeps what is there, and lets go on when
// there is room again.
func TestAFullDiskIsSaidAndGoesOn(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "log.db"))
	commit := func(version int64) error {
		c := note(version)
		c.Appends[0].Records[0].Sealed = make([]byte, 50_000)
		_, err := s.Commit(t.Context(), c)
		return err
	}
	if err := commit(1); err != nil {
		t.Fatal(err)
	}
	if err := s.LimitPages(t.Context(), 1); err != nil { // SQLite takes it as: no more than now
		t.Fatal(err)
	}
	for range 2 {
		if err := commit(2); !errors.Is(err, fault.ErrFull) {
			t.Errorf("commit on a full disk: %v", err)
		}
	}
	if err := s.LimitPages(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := commit(2); err != nil {
		t.Errorf("commit with room: %v", err)
	}
	if got := found(t, s); got != 2 {
		t.Errorf("%d commits, want 2", got)
	}
}

// The primary key is the second line behind the judge.
func TestTheClaimsTableKeepsExclusiveClaimsUnique(t *testing.T) {
	c := note(1)
	h := c.Add[0].ClaimHash
	var s *sqlite.Store
	s, err := sqlite.OpenWatched(t.Context(), filepath.Join(t.TempDir(), "log.db"), sqlite.Options{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.AfterJudge(func() error { return s.Seize(t.Context(), h.Kind, h.Hash[:]) })
	if _, err := s.Commit(t.Context(), c); err == nil {
		t.Error("two subjects hold one exclusive claim")
	}
	s.AfterJudge(nil)
	if got := found(t, s); got != 0 {
		t.Errorf("%d commits, want 0", got)
	}
}
