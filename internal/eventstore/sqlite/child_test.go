package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/acme/customers/internal/event"
	"github.com/acme/customers/internal/eventstore"
	"github.com/acme/customers/internal/eventstore/sqlite"
)

// A child process plays what one process cannot: to die, to be traced, to hold
// the file. The variable holds its role and the path.
const childVariable = "SQLITE_CHILD"

func TestMain(m *testing.M) {
	if role, path, ok := strings.Cut(os.Getenv(childVariable), " "); ok {
		if err := roles[role](path); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var roles = map[string]func(path string) error{
	"hold":       hold,
	"die-before": func(path string) error { return die(path, true) },
	"die-after":  func(path string) error { return die(path, false) },
	"ack":        func(path string) error { return acks(path, openSafe) },
	"ack-unsafe": func(path string) error { return acks(path, sqlite.OpenUnsafe) },
}

// command makes a child, run by another program (strace) if one is given.
func command(t *testing.T, role, path string, under ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	args := append(under, exe)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childVariable+"="+role+" "+path)
	return cmd
}

// output is what a child said, however it ended.
func output(t *testing.T, cmd *exec.Cmd) []string {
	t.Helper()
	out, err := cmd.Output()
	if len(out) == 0 {
		t.Fatalf("the child said nothing: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func openSafe(ctx context.Context, path string) (*sqlite.Store, error) {
	return sqlite.Open(ctx, path, sqlite.Options{})
}

// hold keeps the file until its input ends.
func hold(path string) error {
	s, err := openSafe(context.Background(), path)
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Println("held")
	_, err = bufio.NewReader(os.Stdin).ReadString('\n')
	return err
}

// die is killed within its third commit, with everything written but COMMIT,
// or right after it.
func die(path string, before bool) error {
	armed := false
	s, err := sqlite.OpenWatched(context.Background(), path, sqlite.Options{}, func() {
		if armed && before {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
		}
	})
	if err != nil {
		return err
	}
	for version := range int64(3) {
		armed = version == 2
		if _, err := s.Commit(context.Background(), note(version+1)); err != nil {
			return err
		}
		fmt.Println("ack")
	}
	return syscall.Kill(os.Getpid(), syscall.SIGKILL)
}

// acks says "ack" after each commit.
func acks(path string, open func(context.Context, string) (*sqlite.Store, error)) error {
	s, err := open(context.Background(), path)
	if err != nil {
		return err
	}
	for version := range int64(20) {
		if _, err := s.Commit(context.Background(), note(version+1)); err != nil {
			return err
		}
		fmt.Println("ack")
	}
	return nil // without Close: the sync of its checkpoint is not what is looked for
}

// note is a commit to one stream, with a row in every table.
func note(version int64) eventstore.Commit {
	st := event.Stream{Type: "note", ID: uuid.UUID{7}}
	key := [32]byte{byte(version)}
	c := eventstore.Commit{
		Appends: []eventstore.Append{{Stream: st, Subject: st.ID, Expected: version - 1, Snapshot: &eventstore.Snapshot{Public: []byte("x")},
			Records: []eventstore.Record{{Envelope: event.Envelope{Stream: st, Subject: st.ID, Version: version, Type: "Noted", OccurredAt: time.Now()}}}}},
		Register: []uuid.UUID{uuid.NewSHA1(st.ID, key[:])},
		Add:      []eventstore.Claim{{ClaimHash: eventstore.ClaimHash{Kind: "email", Hash: key}, Subject: st.ID, Exclusive: true}},
		Inbox:    []string{fmt.Sprint("m", version)},
		Request:  &eventstore.Request{Key: key, Expires: time.Now().Add(time.Hour)},
	}
	return c
}
