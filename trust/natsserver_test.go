package trust

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/acme/customers/trust/service"
)

// natsProgram is the nats-server that everybody runs, built from the module
// that go.mod names: what a platform has, and not our embedding of it.
var natsProgram = sync.OnceValues(func() (string, error) {
	path := filepath.Join(service.Root(), "nats-server")
	out, err := exec.Command("go", "build", "-o", path, "github.com/nats-io/nats-server/v2").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, err
})

// users are the services around ours on a broker that tells them apart: where
// each may publish. Who consumes has a durable consumer of its own name and
// nothing else.
var users = map[string]string{
	"customers": `">"`,
	"identity":  `"identity.v1.>"`,
	"orders":    `"orders.v1.>"`,
	"support":   `"support.v1.>"`,
	"loyalty":   `"activities.v1.loyalty.>"`,
	"order":     consumes("order"), "cart": consumes("cart"), "desk": consumes("desk"),
	"notifications": consumes("notifications"), "marketing": consumes("marketing"), "analytics": consumes("analytics"),
}

func consumes(name string) string {
	subjects := []string{"$JS.API.STREAM.INFO.customers", "$JS.ACK.customers." + name + ".>"}
	for _, call := range []string{"CREATE", "INFO", "MSG.NEXT"} {
		subjects = append(subjects, "$JS.API.CONSUMER."+call+".customers."+name, "$JS.API.CONSUMER."+call+".customers."+name+".>")
	}
	return `"` + strings.Join(subjects, `", "`) + `"`
}

// natsServer is that program, which can be killed and started again.
type natsServer struct {
	dir, config string
	port        int
	cmd         *exec.Cmd
}

func startNATS(t *testing.T) *natsServer {
	t.Helper()
	n := &natsServer{dir: t.TempDir(), port: freePort(t)}
	var all strings.Builder
	for name, publish := range users {
		listen := `"_INBOX.>"`
		if name == "customers" {
			listen = `">"`
		}
		fmt.Fprintf(&all, "{user: %s, password: %q, permissions: {publish: [%s], subscribe: [%s]}}\n", name, busSecret, publish, listen)
	}
	n.config = filepath.Join(t.TempDir(), "nats.conf")
	text := fmt.Sprintf("listen: \"127.0.0.1:%d\"\njetstream {store_dir: %q, sync_interval: always}\nauthorization {users: [\n%s]}\n", n.port, n.dir, all.String())
	if err := os.WriteFile(n.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Kill)
	n.Start(t)
	return n
}

// Start starts the server and waits until it takes connections.
func (n *natsServer) Start(t *testing.T) {
	t.Helper()
	program, err := natsProgram()
	if err != nil {
		unable(t, err.Error())
	}
	n.cmd = exec.Command(program, "-c", n.config, "-l", filepath.Join(filepath.Dir(n.config), "log"))
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "nats-server", func() bool { return n.listens() })
}

func (n *natsServer) listens() bool {
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", n.port))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// Kill ends the server with SIGKILL, and with it its port is closed.
func (n *natsServer) Kill() {
	if n.cmd != nil {
		_ = n.cmd.Process.Kill()
		_ = n.cmd.Wait()
		n.cmd = nil
	}
}

// url is how a service reaches the server.
func (n *natsServer) url(user string) string {
	return fmt.Sprintf("nats://%s:%s@127.0.0.1:%d", user, busSecret, n.port)
}

// platform is the services around ours, and the broker between.
type platform struct {
	*service.Service
	url   func(user string) string
	apart bool // the broker tells its users apart
}

func embeddedPlatform(t *testing.T) *platform {
	cfg, url := onBus(t)
	return &platform{service.Start(t, cfg), func(string) string { return url }, false}
}

func externalPlatform(t *testing.T) *platform {
	n := startNATS(t)
	return &platform{service.Start(t, service.Config{Flags: []string{"--nats", n.url("customers")}}), n.url, true}
}

// on connects to the broker as one of the users.
func (p *platform) on(t *testing.T, user string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	js := connect(t, p.url(user))
	return js.Conn(), js
}
