package main

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/acme/customers/internal/address/gazetteer"
)

// country matches the areas of GeoNames with the keys of Google's metadata.
type country struct {
	keys   []string
	names  map[string][]string // what an area's stripped name, or its code, may be the key of
	level  int                 // of GeoNames: 1 or 2
	key    map[string]string   // code at that level, "01.23" at the second: key
	why    map[string]string   // unmatched code: its name
	used   []string            // names that known.txt helped with
	unsure map[string]bool     // codes of which the sources do not mean the same
}

type areas map[string]*country

// metadataEntry is what the metadata has of a country, in its language
// ("CA") or another ("CA--fr"): lists with ~ between their items.
type metadataEntry struct {
	Keys  string `json:"sub_keys"`
	Names string `json:"sub_names"`
	Latin string `json:"sub_lnames"`
}

func readAreas(metadata, admin1, admin2 []byte) (areas, error) {
	var meta map[string]metadataEntry
	if err := json.Unmarshal(metadata, &meta); err != nil {
		return nil, err
	}
	found, read := areas{}, readKnown()
	for _, id := range sorted(meta) { // a country itself before its other languages
		m := meta[id]
		code, _, _ := strings.Cut(id, "--")
		if len(code) != 2 || m.Keys == "" {
			continue
		}
		c := found[code]
		if c == nil {
			c = &country{names: map[string][]string{}, unsure: map[string]bool{}}
			found[code] = c
		}
		c.learn(m)
	}
	for level, raw := range [][]byte{admin1, admin2} {
		names, err := namesOf(raw)
		if err != nil {
			return nil, err
		}
		for id, c := range found {
			c.match(level+1, names[id], read.of(id))
		}
	}
	return found, read.check(found)
}

// namesOf reads GeoNames' areas of one level: by country, by code.
func namesOf(raw []byte) (map[string]map[string]string, error) {
	var rows []struct{ Code, Name string }
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, err
	}
	names := map[string]map[string]string{}
	for _, r := range rows {
		id, code, _ := strings.Cut(r.Code, ".")
		if names[id] == nil {
			names[id] = map[string]string{}
		}
		names[id][code] = r.Name
	}
	return names, nil
}

// learn takes the names of one entry of the metadata.
func (c *country) learn(m metadataEntry) {
	keys := strings.Split(m.Keys, "~")
	if c.keys == nil {
		c.keys = keys
	}
	for _, list := range []string{m.Keys, m.Names, m.Latin} {
		names := strings.Split(list, "~")
		if len(names) != len(keys) {
			continue
		}
		for i, name := range names {
			if n := strip(name); n != "" && slices.Contains(c.keys, keys[i]) && !slices.Contains(c.names[n], keys[i]) {
				c.names[n] = append(c.names[n], keys[i])
			}
		}
	}
}

// match finds keys for the areas of one level and keeps the level that has
// more of them. A key that two areas claim by name is nobody's.
func (c *country) match(level int, names, read map[string]string) {
	key, why, claims := map[string]string{}, map[string]string{}, map[string]int{}
	byCode := c.speaksCodes(level, names)
	for code, name := range names {
		k := read[name]
		if k != "" {
			c.used = append(c.used, name)
		} else if byCode && slices.Contains(c.keys, last(code)) {
			k = last(code)
		}
		if k == "" {
			if ks := c.names[strip(name)]; len(ks) == 1 {
				k = ks[0]
				claims[k]++
			}
		}
		if k != "" {
			key[code] = k
		} else {
			why[code] = name
		}
	}
	for code, k := range key {
		if claims[k] > 1 {
			delete(key, code)
			why[code] = names[code] + " (not alone)"
		}
	}
	if c.level == 0 || len(reached(key)) > len(reached(c.key)) {
		c.level, c.key, c.why = level, key, why
	}
}

// speaksCodes tells whether GeoNames uses the metadata's keys as its codes, as
// it does for the provinces of Italy. Numbers agree by chance: they do not count.
func (c *country) speaksCodes(level int, names map[string]string) bool {
	same := 0
	for code := range names {
		letters := strings.IndexFunc(last(code), func(r rune) bool { return !unicode.IsUpper(r) }) < 0
		if letters && slices.Contains(c.keys, last(code)) {
			same++
		}
	}
	return same*10 >= len(names)*8 && same > 0
}

// last is an area's own code: "MI" in "09.MI".
func last(code string) string { return code[strings.IndexByte(code, '.')+1:] }

func reached(key map[string]string) map[string]bool {
	keys := map[string]bool{}
	for _, k := range key {
		keys[k] = true
	}
	return keys
}

// strip folds an area's name and takes out the words that say what kind of
// area it is.
func strip(name string) string {
	words := strings.Fields(gazetteer.Fold(strings.ReplaceAll(name, "-do", " do")))
	kept := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(kinds, w) })
	if len(kept) == 0 {
		kept = words
	}
	return strings.Join(kept, " ")
}

var kinds = strings.Fields(`province region department governorate district parish state oblast krai kray republic
	prefecture county co of the sheng shi metropolitan city autonomous do emirate emirates and y e da de del dos la el
	provincia departamento islands island territory`)
