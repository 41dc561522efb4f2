// Package cluster runs a PostgreSQL cluster of a test's own, which the test
// may stop without warning, start again, and look into the files of.
package cluster

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster listens on a socket in its own folder only.
type Cluster struct {
	Dir  string // data, socket and log
	bin  string
	cred *syscall.Credential

	server *exec.Cmd // nil while stopped
}

// Start makes a cluster and starts it. It is stopped when the test ends.
// Settings are lines of postgresql.conf.
func Start(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	c := &Cluster{}
	if err := c.prepare(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Halt()
		if err := os.RemoveAll(c.Dir); err != nil {
			t.Error(err)
		}
	})
	if err := c.initialise(); err != nil {
		t.Fatal(err)
	}
	conf, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer conf.Close()
	for _, line := range append([]string{"listen_addresses = ''", fmt.Sprintf("unix_socket_directories = '%s'", c.Dir), "max_connections = 100"}, settings...) {
		if _, err := fmt.Fprintln(conf, line); err != nil {
			t.Fatal(err)
		}
	}
	c.Start(t)
	return c
}

// DSN is the URL of the cluster's database.
func (c *Cluster) DSN() string {
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(c.Dir)
}

// Start starts the cluster again, which recovers it.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(c.Dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(c.bin, "postgres"), "-D", c.data())
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.Dir, log, log
	// The server must not outlive this process, however that ends.
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred, Pdeathsig: syscall.SIGQUIT}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.server = cmd
	for end := time.Now().Add(60 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), c.DSN())
		if err == nil {
			_ = conn.Close(t.Context())
			return
		}
		if time.Now().After(end) {
			out, _ := os.ReadFile(log.Name())
			t.Fatalf("the cluster did not start: %v\n%s", err, out)
		}
	}
}

// Halt stops the cluster as if the machine had stopped: nobody says goodbye,
// and what was not written out is gone.
func (c *Cluster) Halt() {
	if c.server != nil {
		_ = c.server.Process.Signal(syscall.SIGQUIT) // immediate shutdown
		_ = c.server.Wait()                          // its exit code says only that it was not asked nicely
		c.server = nil
	}
}

// Exec runs statements as the superuser.
func (c *Cluster) Exec(t testing.TB, statements string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
}

// Count gives the one number that a query gives.
func (c *Cluster) Count(t testing.TB, query string) (n int64) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (c *Cluster) data() string { return filepath.Join(c.Dir, "data") }

func (c *Cluster) initialise() error {
	cmd := exec.Command(filepath.Join(c.bin, "initdb"), "-D", c.data(), "--no-sync", "--auth=trust", "--username=postgres",
		"--encoding=UTF8", "--locale=C.UTF-8")
	cmd.Dir, cmd.SysProcAttr = c.Dir, &syscall.SysProcAttr{Credential: c.cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (c *Cluster) prepare() (err error) {
	if c.bin, err = binaries(); err != nil {
		return err
	}
	// Not TMPDIR: a socket's path is limited to 107 bytes (unix(7)).
	if c.Dir, err = os.MkdirTemp("/tmp", "trust-pg-"); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} { // PostgreSQL refuses root
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			c.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return os.Chown(c.Dir, uid, gid)
		}
	}
	return errors.New("running as root, and there is no user to run PostgreSQL as")
}

// binaries finds the newest server of Debian's layout, else what PATH has.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return major(a) - major(b) })), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", errors.New("no PostgreSQL server binaries; install postgresql")
	}
	return filepath.Dir(path), nil
}

func major(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}
