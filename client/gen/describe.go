package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// describe says of every struct where it is used: the schemas have names and
// no descriptions.
func describe(files map[string]*file) {
	takes, gives, holds := map[string][]string{}, map[string][]string{}, map[string][]string{}
	for _, topic := range slices.Sorted(maps.Keys(files)) {
		for _, m := range files[topic].Methods {
			takes[m.In] = append(takes[m.In], m.Name)
			gives[m.Out] = append(gives[m.Out], m.Name)
		}
		for _, s := range files[topic].Structures {
			for _, f := range s.Fields {
				for _, word := range regexp.MustCompile(`[A-Z]\w*`).FindAllString(f.Type, -1) {
					holds[word] = append(holds[word], s.Name)
				}
			}
		}
	}
	for _, f := range files {
		for i := range f.Structures {
			s := &f.Structures[i]
			var uses []string
			for _, use := range []struct {
				how string
				who []string
			}{{"is taken by ", takes[s.Name]}, {"is given by ", gives[s.Name]}, {"is part of ", holds[s.Name]}} {
				if len(use.who) > 0 {
					uses = append(uses, use.how+enumerate(use.who))
				}
			}
			s.Doc = s.Name + " " + strings.Join(uses, "; ") + "."
		}
	}
}

// enumerate is a list in words, the first few of it.
func enumerate(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 4 {
		names = append(slices.Clone(names[:3]), "others")
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
