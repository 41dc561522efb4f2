package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// tick is USER_HZ: proc(5) counts processor time in it, and it is 100 on every
// Linux that Go runs on.
const tick = 10 * time.Millisecond

var errProc = errors.New("machine: /proc reads otherwise than expected")

// CPU is the processor time that a process has taken, in user and kernel mode.
func CPU(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in brackets and may hold spaces.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, errProc
	}
	return ticks(string(fields[11]), string(fields[12]))
}

// Busy is the processor time that the whole machine has taken, over all cores.
func Busy() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	f := strings.Fields(string(line)) // cpu user nice system idle iowait irq softirq
	if len(f) < 8 || f[0] != "cpu" {
		return 0, errProc
	}
	return ticks(f[1], f[2], f[3], f[6], f[7])
}

func ticks(fields ...string) (time.Duration, error) {
	var sum time.Duration
	for _, f := range fields {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, errProc
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// RSS is a process's resident memory in bytes.
func RSS(pid int) (int64, error) {
	return kilobytes(fmt.Sprintf("/proc/%d/status", pid), "VmRSS:")
}

// Memory is the machine's memory in bytes.
func Memory() (int64, error) { return kilobytes("/proc/meminfo", "MemTotal:") }

func kilobytes(file, key string) (int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n << 10, err
		}
	}
	return 0, errProc
}

// Disk is what a folder takes, in allocated blocks, for each entry directly in
// it (the folder's own files and sub-folders).
func Disk(folder string) (map[string]int64, error) {
	parts := map[string]int64{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a log file that went away
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		rel, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		part, _, _ := strings.Cut(rel, string(filepath.Separator))
		parts[part] += info.Sys().(*syscall.Stat_t).Blocks * 512
		return nil
	})
	return parts, err
}

// ThreadCPU is the processor time that this thread has taken, in user and kernel
// mode. Whoever compares two of them has locked a goroutine to it. getrusage(2)
// knows of it only up to the last tick.
func ThreadCPU() time.Duration {
	var at unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &at) // fails of an unknown clock alone
	return time.Duration(at.Nano())
}
