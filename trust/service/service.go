package service

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for the service.
const patience = 60 * time.Second

// Config says how to run the program. The zero value is the embedded default
// in a folder of its own.
type Config struct {
	Dir         string   // holds the data folder and everything beside it; a new folder if empty
	Data        string   // the data folder; Dir/data if empty
	Store, Keys string   // DSNs; SQLite in the data folder if empty
	Flags       []string // more flags of serve
	Env         []string // more environment
	Tracer      []string // a command that runs the program as its own process, like strace -D
	User        *syscall.Credential
}

// Service is the program, running or not.
type Service struct {
	Config
	url     atomic.Value // string
	process *os.Process
	ended   chan error // of the running process
	starts  int
}

// Start runs the program and waits until it is ready. It is killed when the
// test ends.
func Start(t testing.TB, cfg Config) *Service {
	t.Helper()
	s := New(t, cfg)
	s.Start(t)
	return s
}

// New prepares a service without starting it.
func New(t testing.TB, cfg Config) *Service {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.Data == "" {
		cfg.Data = filepath.Join(cfg.Dir, "data")
	}
	s := &Service{Config: cfg}
	s.url.Store("")
	t.Cleanup(func() {
		s.Kill()
		for _, sign := range []string{"WARNING: DATA RACE", `"msg":"panic"`, "\npanic: ", "\nfatal error: "} {
			if at := strings.Index(s.Log(t), sign); at >= 0 {
				t.Errorf("in the service's log:\n%.6000s", s.Log(t)[at:])
			}
		}
	})
	return s
}

// URL is the base of the API, another after each start.
func (s *Service) URL() string { return s.url.Load().(string) }

// PID is the program's process id while it runs.
func (s *Service) PID() int { return s.process.Pid }

// Start starts the program on its folder and waits until it is ready.
func (s *Service) Start(t testing.TB) {
	t.Helper()
	s.launch(t)
	if err := s.AwaitReady(); err != nil {
		t.Fatalf("%v\n%s", err, s.Tail())
	}
}

// TryStart starts the program, which is expected to refuse, and gives its exit
// code; -1 if it serves after all.
func (s *Service) TryStart(t testing.TB) (code int) {
	t.Helper()
	if err := s.spawn(t); err != nil {
		return s.wait(t)
	}
	s.Kill()
	return -1
}

func (s *Service) launch(t testing.TB) {
	t.Helper()
	if err := s.spawn(t); err != nil {
		t.Fatalf("the service did not start: %v\n%s", err, s.Tail())
	}
}

// spawn starts the process and reads its first line, which says where it listens.
func (s *Service) spawn(t testing.TB) error {
	t.Helper()
	for _, dir := range []string{"logs", "tmp"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{}, s.Tracer...)
	args = append(args, Program(t), "serve", "--data", s.Data, "--http", "127.0.0.1:0")
	for _, flag := range []struct{ name, value string }{{"--store", s.Store}, {"--keys", s.Keys}} {
		if flag.value != "" {
			args = append(args, flag.name, flag.value)
		}
	}
	cmd := exec.Command(args[0], append(args[1:], s.Flags...)...)
	cmd.Env = append(append(os.Environ(), "TMPDIR="+filepath.Join(s.Dir, "tmp")), s.Env...)
	// The program must not outlive this process, however that ends.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: s.User}
	s.starts++
	log, err := os.Create(s.logPath())
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	// A pipe of our own: cmd's would be closed by Wait while it is read.
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	s.process, s.ended = cmd.Process, ended
	go func() { ended <- cmd.Wait() }()
	return s.greeting(out)
}

func (s *Service) greeting(out *os.File) error {
	lines := bufio.NewReader(out)
	first, err := lines.ReadString('\n')
	go func() { // until the process ends; what it prints belongs to the log
		defer out.Close()
		if keep, err := os.Create(s.logPath() + ".stdout"); err == nil {
			defer keep.Close()
			_, _ = io.WriteString(keep, first)
			_, _ = io.Copy(keep, lines)
		}
	}()
	url, ok := strings.CutPrefix(first, "Customers listens on ")
	if err != nil || !ok {
		return fmt.Errorf("no greeting: %q", first)
	}
	s.url.Store(strings.Fields(url)[0])
	return nil
}

// AwaitReady polls /readyz: there is no other way to be told.
func (s *Service) AwaitReady() error {
	last := "no answer"
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(s.URL() + "/readyz")
		if err != nil {
			last = err.Error()
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return nil
		}
		last = string(body)
	}
	return fmt.Errorf("not ready after %v: %s", patience, last)
}

// Kill ends the process with SIGKILL and waits for it. Not running is fine.
func (s *Service) Kill() { s.end(syscall.SIGKILL) }

// Stop lets the process drain, and gives its exit code.
func (s *Service) Stop(t testing.TB) int {
	t.Helper()
	_ = s.process.Signal(syscall.SIGTERM)
	return s.wait(t)
}

// Signal sends a signal to the process.
func (s *Service) Signal(sig syscall.Signal) { _ = s.process.Signal(sig) }

// Wait waits for the process to end by itself and gives its exit code.
func (s *Service) Wait(t testing.TB) int { return s.wait(t) }

func (s *Service) wait(t testing.TB) int {
	t.Helper()
	select {
	case err := <-s.ended:
		s.ended <- err // for whoever asks again
		if err == nil {
			return 0
		}
		if exit, ok := err.(*exec.ExitError); ok {
			return exit.ExitCode()
		}
		t.Fatal(err)
	case <-time.After(patience):
		t.Fatalf("the service did not end\n%s", s.Tail())
	}
	return 0
}

func (s *Service) end(sig syscall.Signal) {
	if s.process == nil {
		return
	}
	_ = s.process.Signal(sig)
	err := <-s.ended
	s.ended <- err
}

func (s *Service) logPath() string {
	return filepath.Join(s.Dir, "logs", fmt.Sprintf("stderr-%03d.log", s.starts))
}

// Log is what every start of the program wrote to standard error.
func (s *Service) Log(t testing.TB) string {
	t.Helper()
	var all strings.Builder
	paths, _ := filepath.Glob(filepath.Join(s.Dir, "logs", "stderr-*.log"))
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(raw)
	}
	return all.String()
}

// Tail is the end of the last log, for a failure's message.
func (s *Service) Tail() string {
	raw, _ := os.ReadFile(s.logPath())
	return string(raw[max(0, len(raw)-4000):])
}

// Metric reads one number of /metrics, by the beginning of its line.
func (s *Service) Metric(name string) (float64, error) {
	resp, err := http.Get(s.URL() + "/metrics")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for in := bufio.NewScanner(resp.Body); in.Scan(); {
		if rest, ok := strings.CutPrefix(in.Text(), name); ok && strings.ContainsAny(rest[:1], " {") {
			return strconv.ParseFloat(rest[strings.LastIndex(rest, " ")+1:], 64)
		}
	}
	return 0, fmt.Errorf("no metric %s", name)
}

// AwaitRelay waits until every event is on the bus.
func (s *Service) AwaitRelay() error {
	lag, err := 0.0, error(nil)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if lag, err = s.Metric("customers_relay_lag_records"); err == nil && lag == 0 {
			return nil
		}
	}
	return fmt.Errorf("%v events are not on the bus after %v: %w", lag, patience, err)
}

// StartAndKill starts the program and kills it so long after its greeting,
// whatever it is doing.
func (s *Service) StartAndKill(t testing.TB, after time.Duration) {
	t.Helper()
	s.launch(t)
	time.Sleep(after)
	s.Kill()
}
