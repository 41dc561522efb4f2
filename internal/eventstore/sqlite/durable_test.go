package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/acme/customers/internal/fault"
)

// straced runs a child under strace and gives the trace.
func straced(t *testing.T, role, path string) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("strace is missing: apt-get install strace")
	}
	if err != nil {
		t.Skip("strace is missing (apt-get install strace); with CI=true this is a failure")
	}
	file := filepath.Join(t.TempDir(), "trace")
	output(t, command(t, role, path, strace, "-f", "-y", "-o", file, "-e", "trace=fsync,fdatasync,pwrite64,write"))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var call = regexp.MustCompile(`^(\d+) +(?:<\.\.\. )?(fsync|fdatasync|pwrite64|write)(?:\(\d+<([^>]*)>|( resumed))`)

var succeeded = regexp.MustCompile(`\)\s+= 0\b`)

// syncedBeforeAck reads a trace of strace -f -y: when "ack" is said, the last
// write to the WAL must have been synced since, successfully.
func syncedBeforeAck(trace string) (acks int, err error) {
	dirty, synced := false, false
	waiting := map[string]bool{} // threads whose sync of the WAL has not returned
	for line := range strings.Lines(trace) {
		m := call.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		thread, name, path, resumed := m[1], m[2], m[3], m[4] != ""
		wal := strings.HasSuffix(path, "-wal")
		done := succeeded.MatchString(line)
		switch {
		case name == "pwrite64" && wal:
			dirty = true
		case (name == "fsync" || name == "fdatasync") && (wal || resumed && waiting[thread]):
			waiting[thread] = !done && !resumed
			if done {
				dirty, synced = false, true
			}
		case name == "write" && strings.Contains(line, `"ack\n"`):
			acks++
			if dirty || !synced {
				return acks, fmt.Errorf("acknowledgement %d came before the WAL was synced", acks)
			}
			synced = false
		}
	}
	if acks == 0 {
		err = errors.New("the trace holds no acknowledgement")
	}
	return acks, err
}

// A killed process cannot show a missing fsync, since the page cache survives
// it. The order of the system calls can. The control has synchronous=OFF.
func TestEveryAcknowledgementFollowsASync(t *testing.T) {
	dir := t.TempDir()
	trace := straced(t, "ack", filepath.Join(dir, "safe.db"))
	if acks, err := syncedBeforeAck(trace); err != nil || acks != 20 {
		t.Errorf("%d acknowledgements: %v", acks, err)
	}
	trace = straced(t, "ack-unsafe", filepath.Join(dir, "unsafe.db"))
	if acks, err := syncedBeforeAck(trace); err == nil {
		t.Errorf("%d acknowledgements without a sync were not noticed", acks)
	}
}

// After one sync that fails nobody knows what the page cache holds: nothing is
// acknowledged until a restart, even when the disk is well again, and the
// restart finds what was. The store would go on otherwise: SQLite does.
func TestAFailedSyncStopsTheStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	s := open(t, path)
	commit := func(version int64) error {
		_, err := s.Commit(t.Context(), note(version))
		return err
	}
	if err := commit(1); err != nil {
		t.Fatal(err)
	}
	heal := breakSync(t, path+"-wal")
	if err := commit(2); !errors.Is(err, fault.ErrUnavailable) {
		t.Fatalf("commit with a sync that fails: %v, want unavailable", err)
	}
	heal()
	if err := commit(2); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("commit after it: %v, want unavailable", err)
	}
	if err := s.Ping(t.Context()); !errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("ping after it: %v, want unavailable", err)
	}
	s.Close()
	s = open(t, path)
	if got := found(t, s); got != 1 {
		t.Errorf("%d commits found, 1 acknowledged", got)
	}
}

// breakSync puts /dev/null in place of a file that this process has open:
// writes succeed, fsync does not (EINVAL).
func breakSync(t *testing.T, path string) (heal func()) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	was := map[int]int{}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		fd, _ := strconv.Atoi(e.Name())
		if target, _ := os.Readlink("/proc/self/fd/" + e.Name()); target != path {
			continue
		}
		if was[fd], err = syscall.Dup(fd); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Dup3(int(null.Fd()), fd, 0); err != nil {
			t.Fatal(err)
		}
	}
	if len(was) == 0 {
		t.Fatalf("%s is not open", path)
	}
	return func() {
		for fd, saved := range was {
			if err := errors.Join(syscall.Dup3(saved, fd, 0), syscall.Close(saved)); err != nil {
				t.Fatal(err)
			}
		}
	}
}
