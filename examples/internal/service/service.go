// Package service runs the built program for the examples' tests, on an empty
// folder and with a broker that others reach.
package service

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/acme/customers/client"
)

// Service is the program, running.
type Service struct {
	URL, NATS     string
	program, data string
}

var folder = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "customers-examples-") })

// Main runs a package's tests, and removes the program behind them.
func Main(m *testing.M) int {
	code := m.Run()
	if dir, err := folder(); err == nil {
		_ = os.RemoveAll(dir)
	}
	return code
}

// built is the program of this repository; CUSTOMERS_PROGRAM names one that is
// there, as make test does.
var built = sync.OnceValues(func() (string, error) {
	if program := os.Getenv("CUSTOMERS_PROGRAM"); program != "" {
		return program, nil
	}
	dir, err := folder()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "customers"), "./cmd/customers")
	if cmd.Dir, err = os.Getwd(); err != nil {
		return "", err
	}
	for cmd.Dir != "/" && !exists(filepath.Join(cmd.Dir, "cmd", "customers")) {
		cmd.Dir = filepath.Dir(cmd.Dir)
	}
	cmd.Stderr = os.Stderr
	return filepath.Join(dir, "customers"), cmd.Run()
})

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Start runs the program until the test ends.
func Start(t *testing.T) *Service {
	t.Helper()
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{program: program, data: filepath.Join(t.TempDir(), "data")}
	broker := free(t)
	s.NATS = "nats://" + broker
	cmd := exec.Command(program, "serve", "--data", s.data, "--http", "127.0.0.1:0", "--nats-listen", broker, "--log-level", "warn")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	lines.Scan()
	url, ok := strings.CutPrefix(lines.Text(), "Customers listens on ")
	if !ok {
		t.Fatalf("the service did not start: %q", lines.Text())
	}
	s.URL, _, _ = strings.Cut(url, " ")
	return s
}

// free is an address that nobody listens on: the service does not say which
// one its broker takes.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Token gives one of a role, with scopes.
func (s *Service) Token(t *testing.T, role string, scopes ...string) string {
	t.Helper()
	args := []string{"token", "--data", s.data, "--role", role}
	for _, scope := range scopes {
		args = append(args, "--scope", scope)
	}
	out, err := exec.Command(s.program, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// Client calls the service as a role.
func (s *Service) Client(t *testing.T, role string, scopes ...string) *client.Client {
	t.Helper()
	c, err := client.New(s.URL, client.StaticToken(s.Token(t, role, scopes...)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Env is the environment of an example that calls as a service with scopes.
func (s *Service) Env(t *testing.T, scopes ...string) func(string) string {
	t.Helper()
	env := map[string]string{"CUSTOMERS_URL": s.URL, "NATS_URL": s.NATS, "CUSTOMERS_TOKEN": s.Token(t, "service", scopes...)}
	return func(name string) string { return env[name] }
}
