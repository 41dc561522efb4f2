package eventstoretest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/acme/customers/internal/eventstore"
)

// jobVariable carries a job to a child process.
const jobVariable = "EVENTSTORETEST_JOB"

// Child does the job of this process and exits, if it was launched by
// Processes; otherwise it returns. Call it first in TestMain.
func Child(open func(ctx context.Context, s Settings) (eventstore.Store, error)) {
	text, ok := os.LookupEnv(jobVariable)
	if !ok {
		return
	}
	tally, err := child(text, open)
	if err != nil {
		tally.Failed = err.Error()
	}
	json.NewEncoder(os.Stdout).Encode(tally)
	os.Exit(0)
}

func child(text string, open func(context.Context, Settings) (eventstore.Store, error)) (Tally, error) {
	var j Job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return Tally{}, err
	}
	store, err := open(context.Background(), Settings{BeforeCommit: pause})
	if err != nil {
		return Tally{}, err
	}
	defer store.Close()
	fmt.Println("ready")
	if _, err := io.ReadAll(os.Stdin); err != nil { // all start when the parent closes it
		return Tally{}, err
	}
	return Work(context.Background(), store, j), nil
}

// Processes runs each job in a copy of this test binary.
func Processes(t *testing.T, jobs []Job, env ...string) []Tally {
	t.Helper()
	tallies := make([]Tally, len(jobs))
	started := make([]*process, len(jobs))
	for i, j := range jobs {
		started[i] = start(t, j, env)
	}
	for _, p := range started {
		if _, err := p.out.ReadString('\n'); err != nil {
			t.Fatalf("a writer process did not get ready: %v", err)
		}
	}
	for _, p := range started {
		p.in.Close()
	}
	for i, p := range started {
		if err := json.NewDecoder(p.out).Decode(&tallies[i]); err != nil {
			tallies[i].Failed = err.Error()
		}
		if err := p.cmd.Wait(); err != nil {
			tallies[i].Failed = err.Error()
		}
	}
	return tallies
}

type process struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(t *testing.T, j Job, env []string) *process {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(append(os.Environ(), jobVariable+"="+string(text)), env...)
	cmd.Stderr = os.Stderr
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
	return &process{cmd: cmd, in: in, out: bufio.NewReader(out)}
}
