package trust

import (
	"os"
	"testing"
	"time"

	"github.com/acme/customers/trust/service"
)

// TestMain is also every other process that a test needs: this binary runs
// again with TRUST_ROLE. A process of its own may be killed, and a scanner in
// one does not drop the locks of SQLite files that this process holds.
func TestMain(m *testing.M) {
	if role := os.Getenv("TRUST_ROLE"); role != "" {
		roles[role]()
		return
	}
	code := m.Run()
	service.Remove()
	os.Exit(code)
}

var roles = map[string]func(){
	"scan":   scanRole,
	"broker": brokerRole,
	"writer": writerRole,
}

// count is how often something is done: reduced, or in full with SOAK=1.
func count(reduced, full int) int {
	if os.Getenv("SOAK") != "" {
		return full
	}
	return reduced
}

// unable ends a test that this machine cannot run. In CI nothing is left out.
func unable(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// place is one way to run the service.
type place struct {
	name string
	make func(t *testing.T) service.Config
}

// await polls until something is so, for what nobody announces.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	awaitFor(t, time.Minute, what, so)
}

// awaitFor is await for what takes longer.
func awaitFor(t *testing.T, patience time.Duration, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}
