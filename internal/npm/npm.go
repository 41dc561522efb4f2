// Package npm reads files out of npm packages at pinned versions. Only
// generators use it: what the service ships is in the tree.
package npm

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Files packs a package ("cldr-core@48.2.0") with the ordinary npm client and
// gives the named files of it, by name ("package/data/all.json").
func Files(pkg string, names ...string) (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "npm")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	pack := exec.Command("npm", "pack", "--silent", pkg)
	pack.Dir, pack.Stderr = dir, os.Stderr
	tgz, err := pack.Output()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, strings.TrimSpace(string(tgz))))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	for r := tar.NewReader(z); len(found) < len(names); {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s lacks some of %q", pkg, names)
		}
		if err != nil {
			return nil, err
		}
		if slices.Contains(names, h.Name) {
			if found[h.Name], err = io.ReadAll(r); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}
