package vault

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Hardening is what Harden reached.
type Hardening struct {
	NoCoreDumps bool // RLIMIT_CORE is 0 and the process is not dumpable
	NoSwap      bool // memory is locked; needs an unlimited RLIMIT_MEMLOCK
}

// Harden keeps the keys in memory from reaching a disk. Call it first in
// main; it holds for the whole process and for what it starts. A process that
// is not dumpable can also not be traced, nor its /proc files read, by another
// of the same user.
func Harden() (Hardening, error) {
	var h Hardening
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return h, fmt.Errorf("vault: core dumps: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return h, fmt.Errorf("vault: dumpable: %w", err)
	}
	h.NoCoreDumps = true
	h.NoSwap = lockMemory()
	return h, nil
}

// lockMemory tries only under no limit: with a finite one the lock would
// succeed and a later allocation of the Go runtime would end the process.
// Pages are locked as they are first touched, because the runtime reserves
// far more than it uses.
func lockMemory() bool {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil || limit.Cur != unix.RLIM_INFINITY {
		return false
	}
	return unix.Mlockall(unix.MCL_CURRENT|unix.MCL_FUTURE|unix.MCL_ONFAULT) == nil
}
