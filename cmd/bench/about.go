package main

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"strings"

	"github.com/acme/customers/cmd/bench/internal/machine"
	"github.com/acme/customers/cmd/bench/internal/report"
)

// describe says where the benchmark runs. What cannot be found out stays empty.
func describe(ctx context.Context) (report.Machine, error) {
	memory, err := machine.Memory()
	if err != nil {
		return report.Machine{}, err
	}
	m := report.Machine{Processor: processor(), Cores: runtime.NumCPU(), Memory: memory, Go: runtime.Version(),
		Kernel: text("/proc/sys/kernel/osrelease"), Load: text("/proc/loadavg")}
	if rev, err := machine.Command(ctx, "git", "describe", "--always", "--dirty"); err == nil {
		m.Revision = strings.TrimSpace(rev)
	}
	return m, nil
}

func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range bytes.Lines(info) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && strings.TrimSpace(string(name)) == "model name" {
			return strings.TrimSpace(string(value))
		}
	}
	return runtime.GOARCH
}

func text(file string) string {
	b, _ := os.ReadFile(file)
	return strings.TrimSpace(string(b))
}
