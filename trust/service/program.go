// Package service runs the built program for tests: start, kill, start again
// on the same folder. Nothing of the program is linked in; what is tested is
// what is shipped.
package service

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Root is a folder of this test process for what outlives a test, such as the
// program. Remove deletes it.
var Root = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "customers-trust-")
	if err != nil {
		panic(err)
	}
	_ = os.Chmod(dir, 0o755) // other users run the program too
	return dir
})

// Remove deletes Root. Call it at the end of TestMain.
func Remove() { _ = os.RemoveAll(Root()) }

var program = sync.OnceValues(func() (string, error) {
	if built := os.Getenv("TRUST_PROGRAM"); built != "" {
		return built, nil
	}
	path := filepath.Join(Root(), "customers")
	args := []string{"build", "-o", path}
	if os.Getenv("TRUST_RACE") != "" { // the detector's reports end up in the log, which tests read
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "github.com/acme/customers/cmd/customers")...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, err
})

// Program is the path of the program, built once a test process. TRUST_RACE
// builds it with the race detector; TRUST_PROGRAM names one that is there, a
// release say.
func Program(t testing.TB) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Run runs a subcommand to its end and gives its exit code and what it printed.
func Run(t testing.TB, args ...string) (code int, printed string) {
	t.Helper()
	cmd := exec.Command(Program(t), args...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// Token asks the program for a development token.
func Token(t testing.TB, data, role string, more ...string) string {
	t.Helper()
	code, out := Run(t, append([]string{"token", "--data", data, "--role", role}, more...)...)
	if code != 0 {
		t.Fatalf("customers token: exit code %d: %s", code, out)
	}
	return strings.TrimSpace(out)
}

// scopes is every permission of a service.
var scopes = []string{"customers:read", "customers:write", "customers:register", "customers:lookup", "customers:date-of-birth",
	"customers:statistics", "customers:search", "segments:read", "segments:write", "notes:read", "notes:write", "activities:write", "notifications", "dead-letters"}

// Token gives a token of a service that may do everything a service can. It
// holds across restarts.
func (s *Service) Token(t testing.TB) string {
	t.Helper()
	var args []string
	for _, scope := range scopes {
		args = append(args, "--scope", scope)
	}
	return Token(t, s.Data, "service", args...)
}

// Verify looks into the stores of a service that is stopped: the exit code of
// `customers verify --offline`, 0 if everything is as it should be.
func (s *Service) Verify(t testing.TB) (code int, printed string) {
	t.Helper()
	args := []string{"verify", "--offline", "--data", s.Data}
	for _, flag := range []struct{ name, value string }{{"--store", s.Store}, {"--keys", s.Keys}} {
		if flag.value != "" {
			args = append(args, flag.name, flag.value)
		}
	}
	return Run(t, args...)
}
