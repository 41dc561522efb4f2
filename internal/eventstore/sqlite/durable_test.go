package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// straced runs a child under strace and gives what it said and the trace.
func straced(t *testing.T, role, path string, options ...string) (said []string, trace string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("strace is missing: apt-get install strace")
	}
	if err != nil {
		t.Skip("strace is missing (apt-get install strace); with CI=true this is a failure")
	}
	file := filepath.Join(t.TempDir(), "trace")
	args := append([]string{strace, "-f", "-y", "-o", file, "-e", "trace=fsync,fdatasync,pwrite64,write"}, options...)
	said = output(t, command(t, role, path, args...))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return said, string(text)
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
	_, trace := straced(t, "ack", filepath.Join(dir, "safe.db"))
	if acks, err := syncedBeforeAck(trace); err != nil || acks != 20 {
		t.Errorf("%d acknowledgements: %v", acks, err)
	}
	_, trace = straced(t, "ack-unsafe", filepath.Join(dir, "unsafe.db"))
	if acks, err := syncedBeforeAck(trace); err == nil {
		t.Errorf("%d acknowledgements without a sync were not noticed", acks)
	}
}

// After one sync that fails nobody knows what the page cache holds: nothing is
// acknowledged until a restart, and the restart finds what was.
func TestAFailedSyncStopsTheStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.db")
	said, _ := straced(t, "ack", path, "-P", path+"-wal", "-e", "inject=fsync,fdatasync:error=EIO:when=20")
	first := slices.Index(said, "unavailable")
	if first < 1 {
		t.Fatalf("the child said %q: the sync did not fail between two commits", said)
	}
	if slices.Contains(said[first:], "ack") {
		t.Errorf("an acknowledgement after the failed sync: %q", said)
	}
	got := found(t, open(t, path))
	if acked := int64(first); got < acked || got > acked+1 { // the one that failed may be there
		t.Errorf("%d commits found, %d acknowledged", got, acked)
	}
}
