package scan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Report says what was looked at and what was found there.
type Report struct {
	Files   []string // that were read
	Bytes   int64
	Members int            // compressed members that could be read
	Found   map[int]bool   // values
	Where   map[string]int // occurrences by "file: form"
	First   []string       // the first occurrences, for a message; no values
}

// Folder searches every regular file below a folder.
func (s *Set) Folder(root string, r *Report) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // a running service removes files
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return s.File(path, r)
	})
}

// Deleted searches the files that a process holds open although they have no
// name any more.
func (s *Set) Deleted(pid int, r *Report) error {
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		return err
	}
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !strings.HasSuffix(target, " (deleted)") {
			continue
		}
		if info, err := os.Stat(link); err == nil && info.Mode().IsRegular() {
			if err := s.File(link, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// File searches one file and what is compressed in it, two levels deep.
func (s *Set) File(path string, r *Report) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	r.Files = append(r.Files, path)
	r.Bytes += int64(len(data))
	s.search(path, data, 2, r)
	return nil
}

func (s *Set) search(name string, data []byte, depth int, r *Report) {
	s.Search(data, func(h Hit) {
		if r.Found == nil {
			r.Found, r.Where = map[int]bool{}, map[string]int{}
		}
		r.Found[h.Value] = true
		r.Where[name+": "+h.Form]++
		if len(r.First) < 20 {
			r.First = append(r.First, fmt.Sprintf("%s at %d: value %d as %s", name, h.Offset, h.Value, h.Form))
		}
	})
	if depth == 0 {
		return
	}
	members(data, func(content []byte) {
		r.Members++
		s.search(name+" (unfolded)", content, depth-1, r)
	})
}
