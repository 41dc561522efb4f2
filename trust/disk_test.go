package trust

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/acme/customers/trust/service"
)

// A disk that fails to sync. Nothing is acknowledged, and after a
// restart what was acknowledged before is there.

func TestNothingIsAcknowledgedWhileSyncsFail(t *testing.T) {
	s := service.Start(t, service.Config{})
	c, l := s.Client(t), newLedger()
	for n := range 20 {
		if a, err := l.enter(fmt.Sprint("before", n)).write(c); err != nil || !a.OK() {
			t.Fatalf("before: %v %v", a, err)
		}
	}
	repair := failSyncs(t, s.PID())
	if acked := attempts(c, l, "during"); len(acked) > 0 {
		t.Errorf("%d writes were acknowledged, first %s", len(acked), acked[0])
	}
	// The control: whoever does not wait for the disk acknowledges.
	hasty := &service.Client{Base: answersFirst(t, s), Token: c.Token, HTTP: c.HTTP}
	if acked := attempts(hasty, newLedger(), "hasty"); len(acked) == 0 {
		t.Error("control: no acknowledgement was noticed")
	}
	repair()
	s.Kill() // if it has not stopped by itself
	if code, out := s.Verify(t); code != 0 {
		t.Errorf("verify exits %d: %s", code, out)
	}
	s.Start(t)
	for _, wrong := range l.audit(c) {
		t.Error(wrong)
	}
	if a, err := l.enter("after").write(c); err != nil || !a.OK() {
		t.Errorf("after: %v %v", a, err)
	}
}

// attempts sends writes until the service stops or twenty are refused, and
// lists those that were acknowledged.
func attempts(c *service.Client, l *ledger, name string) (acked []string) {
	for n := range 20 {
		e := l.enter(fmt.Sprint(name, n))
		a, err := e.write(c)
		if err == nil && a.OK() {
			acked = append(acked, e.key)
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			break
		}
	}
	return acked
}

// failSyncs lets every sync of a process fail, until repair is called.
func failSyncs(t *testing.T, pid int) (repair func()) {
	t.Helper()
	traced(t) // is it possible at all?
	log, err := os.Create(filepath.Join(t.TempDir(), "strace.err"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("strace", "-f", "-p", fmt.Sprint(pid), "-o", log.Name()+".calls", "-e", "signal=none", "-e", "trace=fsync,fdatasync,sync_file_range",
		"-e", "inject=fsync,fdatasync,sync_file_range:error=EIO")
	cmd.Stderr = log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		raw, _ := os.ReadFile(log.Name())
		if strings.Count(string(raw), "attached") > 0 && untraced(pid) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("strace did not attach to %d threads: %s", len(threads), raw)
		}
	}
	ended := false
	repair = func() {
		if !ended {
			ended = true
			_ = cmd.Process.Signal(os.Interrupt) // detaches
			_ = cmd.Wait()
		}
	}
	t.Cleanup(repair)
	return repair
}

// untraced counts the threads of a process that nobody traces.
func untraced(pid int) (n int) {
	paths, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, path := range paths {
		if raw, err := os.ReadFile(path); err == nil && strings.Contains(string(raw), "TracerPid:\t0\n") {
			n++
		}
	}
	return n
}

// A full disk. Refusals say so, nothing is corrupted, and the service
// goes on once there is space.

func TestAFullDiskRefusesAndResumes(t *testing.T) {
	dir := smallDisk(t, 64)
	s := service.Start(t, service.Config{Data: filepath.Join(dir, "data")})
	c, l := s.Client(t), newLedger()
	if a, err := l.enter("before").write(c); err != nil || !a.OK() {
		t.Fatalf("before: %v %v", a, err)
	}
	ballast := fill(t, dir)
	refused := 0
	for n := 0; refused < 20 && n < 20_000; n++ {
		a, err := l.enter(fmt.Sprint("full", n)).write(c)
		if err != nil {
			t.Fatalf("no answer: %v\n%s", err, s.Tail())
		}
		if a.OK() {
			continue
		}
		refused++
		if wrong := full(a); wrong != "" {
			t.Fatal(wrong)
		}
	}
	if refused < 20 {
		t.Fatalf("%d refusals: the disk did not fill", refused)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := s.AwaitReady(); err != nil {
		t.Errorf("space is back, the service is not: %v\n%s", err, s.Tail())
		s.Kill()
		s.Start(t)
	}
	if a, err := l.enter("after").write(c); err != nil || !a.OK() {
		t.Errorf("after: %v %v", a, err)
	}
	if err := s.AwaitRelay(); err != nil {
		t.Errorf("the bus does not resume: %v\n%s", err, s.Tail())
	}
	for _, wrong := range l.audit(c) {
		t.Error(wrong)
	}
	s.Stop(t)
	if code, out := s.Verify(t); code != 0 {
		t.Errorf("verify exits %d: %s", code, out)
	}
}

// full judges an answer of a service whose disk is full.
func full(a service.Answer) string {
	var p struct {
		Type, Title, Code string
		Status            int
	}
	err := json.Unmarshal(a.Body, &p)
	switch {
	case err != nil || a.Header.Get("Content-Type") != "application/problem+json" || p.Status != a.Status || p.Type == "" || p.Title == "":
		return fmt.Sprintf("not a problem document: %v", a)
	case a.Status == 507 && p.Code == "storage_full", a.Status == 503 && (p.Code == "unavailable" || p.Code == "key_store_unavailable"):
		return ""
	}
	return fmt.Sprintf("a full disk answers %v", a)
}

func TestOtherRefusalsAreNoFullDisk(t *testing.T) {
	ours := map[string][]string{"Content-Type": {"application/problem+json"}}
	for _, a := range []service.Answer{
		{Status: 500, Header: ours, Body: []byte(`{"type":"t","title":"t","status":500,"code":"internal"}`)},
		{Status: 507, Header: ours, Body: []byte(`{"type":"t","title":"t","status":503,"code":"storage_full"}`)},
		{Status: 507, Header: map[string][]string{"Content-Type": {"text/plain"}}, Body: []byte("database or disk is full")},
		{Status: 201, Header: ours, Body: []byte(`{}`)},
	} {
		if full(a) == "" {
			t.Errorf("%v counts as a good refusal", a)
		}
	}
}

// smallDisk mounts a file system of so many MiB.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0755", size)); err != nil {
		unable(t, "this process may not mount: "+err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all but one MiB of a small disk.
func fill(t *testing.T, dir string) (ballast string) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	ballast = filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, int(st.Bavail)*int(st.Bsize)-1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return ballast
}
