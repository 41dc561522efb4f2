package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/acme/customers/examples/internal/bus"
)

// remembered is how many ids of events are kept to recognise one that comes
// again. With one event at a time on its way it would be the last alone; more
// are for a broker that is filled anew.
const remembered = 10_000

// audience is what is kept: ids and counts.
type audience struct {
	Members   map[string]bool           `json:"members"`   // who agreed to marketing
	Customers map[string]map[string]int `json:"customers"` // events, by customer and name
	Seen      []string                  `json:"seen"`      // the ids of the latest events, the last one last

	path string
}

func load(path string) (*audience, error) {
	a := &audience{Members: map[string]bool{}, Customers: map[string]map[string]int{}, path: path}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	return a, json.Unmarshal(raw, a)
}

// take counts an event, once. It is on disk when take returns, together with
// its id: a crash before the broker is told makes the event come again, and
// then it is known.
func (a *audience) take(e bus.Event) (counted bool, err error) {
	if slices.Contains(a.Seen, e.ID) {
		return false, nil
	}
	next := a.with(e)
	if err := next.save(); err != nil {
		return false, err
	}
	*a = next
	return true, nil
}

// with is the audience after an event.
func (a *audience) with(e bus.Event) audience {
	next := *a
	next.Members, next.Customers = maps.Clone(a.Members), maps.Clone(a.Customers)
	next.Seen = append(slices.Clone(a.Seen[max(0, len(a.Seen)-remembered+1):]), e.ID)
	if e.Subject == "" {
		return next
	}
	counts := maps.Clone(a.Customers[e.Subject])
	if counts == nil {
		counts = map[string]int{}
	}
	counts[e.Name()]++
	next.Customers[e.Subject] = counts
	switch name := e.Name(); {
	case name == "CustomerArchived":
		delete(next.Members, e.Subject)
	case e.Purpose() != "marketing":
	case name == "ConsentGranted":
		next.Members[e.Subject] = true
	case name == "ConsentRevoked" || name == "ConsentDenied" || name == "ConsentExpired":
		delete(next.Members, e.Subject)
	}
	return next
}

// save replaces the file as a whole: it is the old one or the new one.
func (a *audience) save() error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	f, err := os.Create(a.path + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(a.path+".new", a.path)
}
