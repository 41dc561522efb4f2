// Package syscalls reads what strace saw of a process, and judges the order:
// what an answer speaks of must be on the disk before the answer leaves.
//
// kill -9 cannot show a missing fsync, because the page cache survives the
// process. The order of system calls can.
package syscalls

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
)

// Call is one system call. Start and End are places in the log: a call that
// ends before another starts has happened before it.
type Call struct {
	Name  string
	File  string // path of the first argument's descriptor
	Paths []string
	Data  []byte // the first string argument
	Start int
	End   int // math.MaxInt if it never returned
	OK    bool
}

// Flags are what strace needs for Parse: all threads, descriptors with their
// paths, every byte in hex, and whole buffers.
func Flags(log string, calls ...string) []string {
	return []string{"-f", "-y", "-xx", "-s", "1000000", "-o", log, "-e", "signal=kill", "-e", "trace=" + strings.Join(calls, ",")}
}

// Order is the calls that the order of durability is judged by.
var Order = []string{"fdatasync", "fsync", "write", "pwrite64", "writev", "pwritev", "sendto", "linkat", "renameat", "renameat2", "mkdirat"}

var (
	begun   = regexp.MustCompile(`^(\d+) +([a-z0-9_]+)\((.*)$`)
	resumed = regexp.MustCompile(`^(\d+) +<\.\.\. ([a-z0-9_]+) resumed>(.*)$`)
	fd      = regexp.MustCompile(`^\d+<((?:\\x[0-9a-f]{2})*)>`)
	ended   = regexp.MustCompile(`^\d+ +(\?\?\?\( <unfinished \.\.\.>|<\.\.\. \?\?\? resumed>.*)$`) // in a call that its thread never got to make
	quoted  = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
)

const unfinished = " <unfinished ...>"

// Parse reads a log. A line that it does not know is an error rather than a
// gap.
func Parse(r io.Reader) ([]Call, error) {
	var calls []Call
	open := map[string]int{} // by thread
	in := bufio.NewScanner(r)
	in.Buffer(nil, 64<<20)
	for line := 0; in.Scan(); line++ {
		text := in.Text()
		switch {
		case begun.MatchString(text):
			m := begun.FindStringSubmatch(text)
			rest, pending := strings.CutSuffix(m[3], unfinished)
			c := Call{Name: m[2], Start: line, End: math.MaxInt}
			c.arguments(rest)
			if pending {
				open[m[1]] = len(calls)
			} else {
				c.returned(rest, line)
			}
			calls = append(calls, c)
		case resumed.MatchString(text):
			m := resumed.FindStringSubmatch(text)
			i, ok := open[m[1]]
			if !ok || calls[i].Name != m[2] {
				return nil, fmt.Errorf("line %d resumes a call that was not begun", line+1)
			}
			delete(open, m[1])
			calls[i].returned(m[3], line)
		case ended.MatchString(text), strings.Contains(text, " +++ "), strings.Contains(text, " --- "), text == "":
		default:
			return nil, fmt.Errorf("line %d is none that strace writes: %.80q", line+1, text)
		}
	}
	return calls, in.Err()
}

func (c *Call) arguments(text string) {
	if m := fd.FindStringSubmatch(text); m != nil {
		c.File = string(unhex(m[1]))
	}
	for i, m := range quoted.FindAllStringSubmatch(text, -1) {
		if i == 0 {
			c.Data = unhex(m[1])
		}
		if len(m[1]) < 4*4096 {
			c.Paths = append(c.Paths, string(unhex(m[1])))
		}
	}
}

// returned reads what stands behind the last "= ".
func (c *Call) returned(text string, line int) {
	i := strings.LastIndex(text, "= ")
	if i < 0 {
		return
	}
	c.End = line
	c.OK = text[i+2] != '-' && text[i+2] != '?'
}

func unhex(s string) []byte {
	out, _ := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	return out
}
