package machine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAProcessIsStartedByWhatItSaysAndStoppedByItsPid(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	p, err := Start(log, true, nil, "/bin/sh", "-c",
		`trap 'exit 0' TERM; echo noise >&2
		 echo 'It listens on http://127.0.0.1:1 (more: http://127.0.0.1:1/docs)'; echo 'Profiles:  http://127.0.0.1:2/debug/pprof/'
		 while :; do sleep 0.01; done`)
	if err != nil {
		t.Fatal(err)
	}
	if p.URL != "http://127.0.0.1:1" || p.Profile != "http://127.0.0.1:2/debug/pprof" || p.Host() != "127.0.0.1:1" {
		t.Errorf("%q, %q", p.URL, p.Profile)
	}
	if rss, err := RSS(p.Pid()); err != nil || rss < 64<<10 {
		t.Errorf("RSS %d, %v", rss, err)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if text, _ := os.ReadFile(log); string(text) != "noise\n" {
		t.Errorf("its log holds %q", text)
	}
	if _, err := RSS(p.Pid()); err == nil {
		t.Error("it still runs")
	}
}

func TestAProcessThatSaysNothingOrEndsBadlyIsAnError(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	if _, err := Start(log, false, nil, "/bin/sh", "-c", "echo hello; exit 3"); err == nil {
		t.Error("no address, no error")
	}
	p, err := Start(log, false, nil, "/bin/sh", "-c", "echo http://x; read _; trap 'exit 7' TERM; while :; do sleep 0.01; done")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(); err == nil {
		t.Error("it ended by a signal or with 7, and that passed for well")
	}
}

func TestProcessorTimeIsCounted(t *testing.T) {
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	busy, err := Busy()
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ { // until the kernel has seen ten ticks of ours
		now, err := CPU(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if now-before >= 10*tick {
			break
		}
	}
	after, err := Busy()
	if err != nil || after-busy < 5*tick || after-busy > time.Hour {
		t.Errorf("the machine was busy for %v, %v", after-busy, err)
	}
}

func TestDiskIsCountedByPart(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, n int) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Repeat("x", n)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a", 100_000)
	write("b/c/d", 200_000)
	write("b/e", 50_000)
	parts, err := Disk(dir)
	if err != nil || len(parts) != 2 || parts["a"] < 100_000 || parts["b"] < 250_000 || parts["b"] > 300_000 {
		t.Errorf("%v, %v", parts, err)
	}
}
