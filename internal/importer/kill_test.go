package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/acme/customers/internal/remote"
)

// TestMain is also the import process of the tests here, which is killed.
func TestMain(m *testing.M) {
	url := os.Getenv("IMPORTER_TEST_URL")
	if url == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	client := &remote.Client{BaseURL: url, Retry: remote.Retry{Attempts: 2}}
	j := jobOf(client, os.Getenv("IMPORTER_TEST_FILE"))
	j.RejectsPath = j.Path + ".rejects"
	if os.Getenv("IMPORTER_TEST_LAZY") != "" {
		j.SaveEvery = 0
	}
	sum, err := j.Run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(sum)
	os.Exit(0)
}

// process runs the import as its own process until it ends.
func process(t *testing.T, url, path, lazy string, started func(*os.Process)) (Summary, error) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "IMPORTER_TEST_URL="+url, "IMPORTER_TEST_FILE="+path, "IMPORTER_TEST_LAZY="+lazy)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if started != nil {
		started(cmd.Process)
	}
	raw, _ := io.ReadAll(out)
	err = cmd.Wait()
	var sum Summary
	if err == nil {
		err = json.Unmarshal(raw, &sum)
	}
	return sum, err
}

const killRows, killBatches = 60, 6

// killedAt imports with a kill at the n-th request, before the service did it
// or after, and then continues to the end.
func killedAt(t *testing.T, n int, after bool, how os.Signal, meanwhile func(path string)) (*service, string, Summary) {
	t.Helper()
	lazy := []string{"", "yes"}[n/2%2] // whose checkpoint is older than what was answered
	s, path := newService(t), people(t, killRows)
	victim := make(chan *os.Process, 1)
	kill := func(i int) {
		if i == n {
			p := <-victim
			_ = p.Signal(how)
			_, _ = p.Wait() // gone for sure before an answer goes out
		}
	}
	s.mu.Lock()
	if after {
		s.cut = func(i int) int { kill(i); return -1 }
	} else {
		s.before = func(i int, _ http.ResponseWriter) bool {
			kill(i)
			if i == n {
				panic(http.ErrAbortHandler)
			}
			return false
		}
	}
	s.mu.Unlock()
	if _, err := process(t, s.URL, path, lazy, func(p *os.Process) { victim <- p }); err == nil {
		t.Fatal("the import outlived its kill")
	}
	if meanwhile != nil {
		meanwhile(path)
	}
	sum, err := process(t, s.URL, path, lazy, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, path, sum
}

func TestAKilledImportContinues(t *testing.T) {
	for n := 1; n <= killBatches; n++ {
		for _, after := range []bool{false, true} {
			how := []os.Signal{syscall.SIGKILL, os.Interrupt}[n%2]
			t.Run(fmt.Sprintf("%v at request %d, done %v", how, n, after), func(t *testing.T) {
				t.Parallel()
				s, path, sum := killedAt(t, n, after, how, nil)
				for _, wrong := range everyRowOnce(s, killRows, sum) {
					t.Error(wrong)
				}
				checkRejects(t, path+".rejects")
			})
		}
	}
}

// checkRejects wants every rejected row once, in order.
func checkRejects(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	want.WriteString("row,column,code,message\n")
	for i := range killRows {
		switch (i + 1) % 10 {
		case 3:
			fmt.Fprintf(&want, "%d,E-Mail,invalid_email,this is not an e-mail address\n", i+2)
		case 7:
			fmt.Fprintf(&want, "%d,Score,invalid_number,this is not a number like -12.5\n", i+2)
		}
	}
	if string(raw) != want.String() {
		t.Errorf("rejects:\n%s", raw)
	}
}

// A checkpoint that is ahead of the service's answers loses rows, and one that
// was lost repeats them: the checker must see both.
func TestAWrongCheckpointIsSeen(t *testing.T) {
	for name, spoil := range map[string]func(path string, st *state){
		"ahead of the answers": func(_ string, st *state) { st.Summary.Rows += 10 },
		"another run's keys":   func(_ string, st *state) { st.Run = "other"; st.Summary = Summary{} },
	} {
		t.Run(name, func(t *testing.T) {
			s, _, sum := killedAt(t, 3, true, os.Kill, func(path string) {
				raw, err := os.ReadFile(path + ".checkpoint")
				var st state
				if err := errors.Join(err, json.Unmarshal(raw, &st)); err != nil {
					t.Fatal(err)
				}
				spoil(path, &st)
				raw, _ = json.Marshal(st)
				if err := os.WriteFile(path+".checkpoint", raw, 0o600); err != nil {
					t.Fatal(err)
				}
			})
			if len(everyRowOnce(s, killRows, sum)) == 0 {
				t.Error("went unseen")
			}
		})
	}
}
