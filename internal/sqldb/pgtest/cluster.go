package pgtest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// guard starts the server and waits for its own standard input to end, which
// happens when the test process is gone, killed or not. Then it stops the
// server by its pid and removes the folder. Nothing else can promise that:
// os.Exit runs no cleanup.
const guard = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=400 >"$2/log" 2>&1 &
pid=$!
read -r _
kill -QUIT "$pid"
wait "$pid"
cd / && rm -rf "$2"`

// lifeline is the guard's standard input. Held here so that no finalizer
// closes it; the kernel does when the process ends.
var lifeline io.Closer

// startCluster makes a cluster that listens on a socket in its own folder
// only: no port to collide on, nothing to reach from outside.
func startCluster() (string, error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	attr, uid, gid, err := unprivileged()
	if err != nil {
		return "", err
	}
	// Not TMPDIR: a socket's path is limited to 107 bytes (unix(7)).
	dir, err := os.MkdirTemp("/tmp", "pgtest-")
	if err != nil {
		return "", err
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return "", err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"),
		"--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", errors.Join(fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out)), os.RemoveAll(dir))
	}
	// Its own session: an interrupt from the terminal must not end the guard
	// before it has cleaned up. No shared stdout: `go test` waits for that.
	sh := exec.Command("/bin/sh", "-c", guard, "guard", bin, dir)
	sh.SysProcAttr = &syscall.SysProcAttr{Credential: attr.Credential, Setsid: true}
	sh.Dir = dir
	if lifeline, err = sh.StdinPipe(); err != nil {
		return "", err
	}
	if err := sh.Start(); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	dsn := "postgres://postgres@/postgres?host=" + url.QueryEscape(dir)
	return dsn, awaitReady(dsn, filepath.Join(dir, "log"))
}

// awaitReady polls, because a starting server has no other way to say it.
func awaitReady(dsn, log string) error {
	var err error
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = run(dsn, "SELECT 1"); err == nil {
			return nil
		}
	}
	out, _ := os.ReadFile(log)
	return fmt.Errorf("the server did not start: %w\n%s", err, out)
}

// binaries finds the folder of initdb and postgres: the newest installed by
// Debian's layout, else where PATH has them.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.SortFunc(found, func(a, b string) int { return cmp.Compare(major(b), major(a)) })
	if len(found) > 0 {
		return filepath.Dir(found[0]), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", errors.New("no PostgreSQL server binaries in /usr/lib/postgresql/*/bin or on PATH; install postgresql or set TEST_POSTGRES_URL")
	}
	return filepath.Dir(path), nil
}

func major(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

// unprivileged tells as whom to run: PostgreSQL refuses root.
func unprivileged() (attr *syscall.SysProcAttr, uid, gid int, err error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, os.Geteuid(), os.Getegid(), nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ = strconv.Atoi(u.Uid)
		gid, _ = strconv.Atoi(u.Gid)
		cred := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		return &syscall.SysProcAttr{Credential: cred}, uid, gid, nil
	}
	return nil, 0, 0, errors.New("running as root, and there is no user postgres or nobody to run PostgreSQL as")
}
