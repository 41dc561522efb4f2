package syscalls

import (
	"bytes"
	"fmt"
	"strings"
)

// Subject is what answers and files speak of: Text in the answers, Raw in the
// files (an id in both of its spellings).
type Subject struct {
	Text string
	Raw  []byte
}

// Premature lists the 2xx answers about a subject that left before what was
// written about it was on the disk. Each of the files (by the end of their
// paths) must hold something about it that was written since the answer before,
// and synced before the answer began, with whatever else was written about it.
//
// A write is known by its content. Pages are shared, though: it is for traces
// in which nobody writes beside the subject. For others see PrematureBeside.
func Premature(calls []Call, s Subject, files ...string) []string {
	return premature(calls, s, files, func(last, answer Call, file string) string {
		writes := 0
		for _, w := range calls {
			if !w.about(s, file) || w.Start > answer.Start {
				continue
			}
			if w.Start > last.Start {
				writes++
			}
			if !synced(calls, w, answer) {
				return fmt.Sprintf("what line %d wrote is not synced", w.Start+1)
			}
		}
		if writes == 0 {
			return "nothing was written"
		}
		return ""
	})
}

// PrematureBeside is Premature beside other writers, whose later commits write
// the same pages again: it asks for the first write about the subject alone,
// and so is for what makes it. A shared sync counts for everybody it covers.
func PrematureBeside(calls []Call, s Subject, files ...string) []string {
	return premature(calls, s, files, func(_, answer Call, file string) string {
		for _, w := range calls {
			if w.about(s, file) && w.Start < answer.Start {
				if !synced(calls, w, answer) {
					return fmt.Sprintf("what line %d wrote is not synced", w.Start+1)
				}
				return ""
			}
		}
		return "nothing was written"
	})
}

func premature(calls []Call, s Subject, files []string, judge func(last, answer Call, file string) string) (found []string) {
	last, answers := Call{Start: -1}, 0
	for _, answer := range calls {
		if !answer.success() || !bytes.Contains(answer.Data, []byte(s.Text)) {
			continue
		}
		answers++
		for _, file := range files {
			if why := judge(last, answer, file); why != "" {
				found = append(found, fmt.Sprintf("answer at line %d: %s: %s", answer.Start+1, file, why))
			}
		}
		last = answer
	}
	if answers == 0 {
		found = append(found, "no answer speaks of it")
	}
	return found
}

func (c Call) about(s Subject, file string) bool {
	return c.writes() && strings.HasSuffix(c.File, file) && bytes.Contains(c.Data, s.Raw)
}

// synced tells whether a sync of the write's file began after it had returned
// and succeeded before the answer began.
func synced(calls []Call, w, answer Call) bool {
	for _, c := range calls {
		if c.syncs() && c.OK && c.File == w.File && c.Start > w.End && c.End < answer.Start {
			return true
		}
	}
	return false
}

// FirstSuccess is where the first 2xx answer begins.
func FirstSuccess(calls []Call) (Call, bool) {
	for _, c := range calls {
		if c.success() {
			return c, true
		}
	}
	return Call{}, false
}

// Unsynced lists what a file's existence stands on and was not synced before
// the answer: its content under the name that it was written by, and the
// folder that it was put into.
func Unsynced(calls []Call, path string, answer Call) []string {
	var found []string
	folder := path[:strings.LastIndex(path, "/")]
	placed := false
	for _, c := range calls {
		if c.Start > answer.Start || !c.OK || len(c.Paths) != 2 || c.Paths[1] != path {
			continue
		}
		placed = true
		draft := c.Paths[0]
		if !before(calls, c, func(s Call) bool { return s.syncs() && s.OK && s.File == draft }) {
			found = append(found, path+": its content is not synced before it gets its name")
		}
		if !between(calls, c, answer, func(s Call) bool { return s.syncs() && s.OK && s.File == folder }) {
			found = append(found, path+": its folder is not synced")
		}
	}
	if !placed {
		found = append(found, path+" was not put in place")
	}
	return found
}

// UnsyncedFolder says whether a folder was made and its parent not synced
// before the answer.
func UnsyncedFolder(calls []Call, path string, answer Call) []string {
	parent := path[:strings.LastIndex(path, "/")]
	for _, c := range calls {
		if c.Name == "mkdirat" && c.OK && len(c.Paths) > 0 && c.Paths[len(c.Paths)-1] == path {
			if !between(calls, c, answer, func(s Call) bool { return s.syncs() && s.OK && s.File == parent }) {
				return []string{path + ": its parent is not synced"}
			}
			return nil
		}
	}
	return []string{path + " was not made"}
}

func before(calls []Call, than Call, match func(Call) bool) bool {
	for _, c := range calls {
		if c.End < than.Start && match(c) {
			return true
		}
	}
	return false
}

func between(calls []Call, from, to Call, match func(Call) bool) bool {
	for _, c := range calls {
		if c.Start > from.End && c.End < to.Start && match(c) {
			return true
		}
	}
	return false
}

func (c Call) syncs() bool { return c.Name == "fsync" || c.Name == "fdatasync" }

func (c Call) writes() bool {
	return c.Name == "write" || c.Name == "pwrite64" || c.Name == "writev" || c.Name == "pwritev"
}

// success tells whether the call sends the beginning of a 2xx answer.
func (c Call) success() bool {
	return (c.Name == "write" || c.Name == "sendto" || c.Name == "writev") && strings.HasPrefix(c.File, "socket:") &&
		bytes.HasPrefix(c.Data, []byte("HTTP/1.1 2"))
}
