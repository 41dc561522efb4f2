package trust

import (
	"bufio"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite"

	"github.com/acme/customers/trust/service"
	"github.com/acme/customers/trust/syscalls"
)

// What an answer speaks of is on the disk before the answer
// leaves. The page cache survives kill -9, so the order of system calls is
// looked at.

// traced gives a tracer command that runs what follows as its own process, and
// the log it writes.
func traced(t *testing.T) (tracer []string, log string) {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		unable(t, "strace is not installed")
	}
	log = filepath.Join(t.TempDir(), "strace.log")
	if out, err := exec.Command(path, "-D", "-o", log, "true").CombinedOutput(); err != nil {
		unable(t, fmt.Sprintf("this process may not trace: %v %s", err, out))
	}
	return append([]string{path, "-D"}, syscalls.Flags(log, syscalls.Order...)...), log
}

// calls reads a log once the tracer has seen the process end.
func calls(t *testing.T, log string, pid int) []syscalls.Call {
	t.Helper()
	ended := regexp.MustCompile(fmt.Sprintf(`(?m)^%d +\+\+\+ `, pid)) // short ids are padded
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		raw, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if ended.Match(raw) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the trace has no end")
		}
	}
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	parsed, err := syscalls.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func subject(t *testing.T, id string) syscalls.Subject {
	t.Helper()
	u, err := uuid.Parse(id)
	if err != nil {
		t.Fatal(err)
	}
	return syscalls.Subject{Text: id, Raw: u[:]}
}

func TestWhatIsAnsweredIsOnTheDisk(t *testing.T) {
	tracer, log := traced(t)
	s := service.Start(t, service.Config{Tracer: tracer})
	c := s.Client(t)
	alone, beside := oneByOne(t, c), together(t, c)
	s.Kill()
	all := calls(t, log, s.PID())
	for _, id := range alone { // registered and then changed, while nobody else wrote
		for _, wrong := range syscalls.Premature(all, subject(t, id), "/events.db-wal") {
			t.Error(wrong)
		}
	}
	for _, id := range slices.Concat(alone, beside) {
		for _, wrong := range syscalls.PrematureBeside(all, subject(t, id), "/events.db-wal", "/keys.db-wal") {
			t.Error(wrong)
		}
	}
	first, ok := syscalls.FirstSuccess(all)
	if !ok {
		t.Fatal("no answer was seen")
	}
	ring := s.Data + ".keyring"
	for _, wrong := range slices.Concat(syscalls.Unsynced(all, s.Data+".root.key", first), syscalls.Unsynced(all, ring+"/epoch-1.key", first),
		syscalls.Unsynced(all, ring+"/ring.key", first), syscalls.UnsyncedFolder(all, ring, first), syscalls.UnsyncedFolder(all, s.Data, first)) {
		t.Error(wrong)
	}

	// The same trace without the syncs of one file is a service that does not
	// wait for them.
	for _, file := range []string{"/events.db-wal", "/keys.db-wal"} {
		careless := slices.DeleteFunc(slices.Clone(all), func(c syscalls.Call) bool {
			return (c.Name == "fsync" || c.Name == "fdatasync") && strings.HasSuffix(c.File, file)
		})
		for _, id := range slices.Concat(alone, beside) {
			if len(syscalls.PrematureBeside(careless, subject(t, id), file)) == 0 {
				t.Errorf("without the syncs of %s the answer for %s still counts as durable", file, id)
			}
		}
	}
}

// oneByOne registers and changes customers, one request at a time.
func oneByOne(t *testing.T, c *service.Client) (ids []string) {
	t.Helper()
	for n := range count(5, 50) {
		id := register(t, c, fmt.Sprintf("alone%d@order.example", n))
		for change := range 2 {
			if a, err := c.Do("PATCH", "/v1/customers/"+id, map[string]any{"tags": []string{fmt.Sprint("tag", change)}}); err != nil || a.Status != 200 {
				t.Fatalf("patch: %v %v", a, err)
			}
		}
		ids = append(ids, id)
	}
	return ids
}

// together registers customers, many at once, so that they share commits.
func together(t *testing.T, c *service.Client) (ids []string) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for n := range count(5, 25) {
				id := register(t, c, fmt.Sprintf("o%d-%d@order.example", w, n))
				mu.Lock()
				ids = append(ids, id)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return ids
}

// register registers somebody and gives the id.
func register(t *testing.T, c *service.Client, email string) string {
	t.Helper()
	a, err := c.Do("POST", "/v1/customers", service.Registration{Name: service.Name{Given: "Somebody"}, Email: email})
	if err != nil || a.Status != 201 {
		t.Errorf("register: %v %v", a, err)
		return ""
	}
	got, _ := a.Customer()
	return got.ID
}

// A real SQLite that does not wait must be caught, and one that does must not:
// the writer role answers over a socket like a service.
func TestASQLiteThatDoesNotSyncIsCaught(t *testing.T) {
	for mode, durable := range map[string]bool{"FULL": true, "OFF": false, "NORMAL": false} {
		t.Run(mode, func(t *testing.T) {
			tracer, log := traced(t)
			dir, id := t.TempDir(), uuid.New()
			args := append(tracer, os.Args[0])
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Env = append(os.Environ(), "TRUST_ROLE=writer", "TRUST_DIR="+dir, "TRUST_MODE="+mode, "TRUST_ID="+id.String())
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			wrong := syscalls.Premature(calls(t, log, cmd.ProcessState.Pid()), syscalls.Subject{Text: id.String(), Raw: id[:]}, "/events.db-wal")
			if (len(wrong) == 0) != durable {
				t.Errorf("found %q", wrong)
			}
		})
	}
}

// writerRole puts an id into a SQLite file and then answers that it did.
func writerRole() {
	if err := write(os.Getenv("TRUST_DIR"), os.Getenv("TRUST_MODE"), uuid.MustParse(os.Getenv("TRUST_ID"))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(dir, mode string, id uuid.UUID) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return err
	}
	server, err := l.Accept()
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "events.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous("+mode+")")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, do := range []string{`CREATE TABLE t (id BLOB)`, `INSERT INTO t VALUES (?1)`} {
		if _, err := db.Exec(do, id[:]); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(server, "HTTP/1.1 201 Created\r\n\r\n%s\n", id); err != nil {
		return err
	}
	_, err = bufio.NewReader(client).ReadString('\n')
	return err
}
