package search

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed nicknames.txt
var nicknameTable string

// nicknames lead from a folded name to those it may stand for or that stand for
// it. A line of the table is a name and its short forms: Alex is Alexander and
// Alexandra, but these are not each other. The form also leads to the other
// forms of the same name.
var nicknames = sync.OnceValue(func() map[string][]string {
	other := map[string][]string{}
	var f folder
	for line := range strings.Lines(nicknameTable) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f.split(line)
		for i := range f.ends {
			for j := range f.ends {
				a, b := string(f.word(i)), string(f.word(j))
				if a != b && !slices.Contains(other[a], b) {
					other[a] = append(other[a], b)
				}
			}
		}
	}
	return other
})
