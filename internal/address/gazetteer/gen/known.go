package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

// knownText are areas whose names in GeoNames and in the metadata only a reader
// can match: country, name in GeoNames, key; lines of fields with tabs between.
//
//go:embed known.txt
var knownText string

type known map[string]string // "RU" + name: key

func readKnown() known {
	k := known{}
	for line := range strings.Lines(knownText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		k[f[0]+f[1]] = f[2]
	}
	return k
}

// of gives a country's lines: key by name.
func (k known) of(country string) map[string]string {
	own := map[string]string{}
	for line, key := range k {
		if name, mine := strings.CutPrefix(line, country); mine {
			own[name] = key
		}
	}
	return own
}

// check fails when a line has had no use: a name or a key is no longer so.
func (k known) check(found areas) error {
	for line, key := range k {
		c := found[line[:2]]
		if c == nil || !slices.Contains(c.keys, key) || !slices.Contains(c.used, line[2:]) {
			return fmt.Errorf("known.txt: %s is not of use", line)
		}
	}
	return nil
}
