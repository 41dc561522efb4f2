package trust

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// broker is a NATS server of its own process, which can be killed and started
// again on the same address and folder.
type broker struct {
	URL  string
	dir  string
	port int
	cmd  *exec.Cmd
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	b := &broker{dir: t.TempDir(), port: freePort(t)}
	b.URL = fmt.Sprintf("nats://127.0.0.1:%d", b.port)
	t.Cleanup(b.Kill)
	b.Start(t)
	return b
}

// freePort is one that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Start starts the server and waits until it takes connections.
func (b *broker) Start(t *testing.T) {
	t.Helper()
	b.cmd = exec.Command(os.Args[0])
	b.cmd.Env = append(os.Environ(), "TRUST_ROLE=broker", "TRUST_DIR="+b.dir, "TRUST_PORT="+strconv.Itoa(b.port))
	b.cmd.Stderr = os.Stderr
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the broker did not start: %q %v", line, err)
	}
}

// Kill ends the server with SIGKILL.
func (b *broker) Kill() {
	if b.cmd != nil {
		_ = b.cmd.Process.Kill()
		_ = b.cmd.Wait()
		b.cmd = nil
	}
}

// brokerRole is the server's process.
func brokerRole() {
	port, _ := strconv.Atoi(os.Getenv("TRUST_PORT"))
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: os.Getenv("TRUST_DIR"), SyncAlways: true, NoSigs: true, NoLog: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		os.Exit(1)
	}
	fmt.Println("ready")
	s.WaitForShutdown()
}
