package contact

import (
	"sync"
	"time"
)

// location is the customer's time zone, UTC where none is known.
func (a *asked) location() *time.Location {
	name, _ := a.prefers("display.timezone").Value.(string)
	if name == "" {
		return time.UTC
	}
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil { // was checked when it was chosen
		return time.UTC
	}
	zones.Store(name, zone)
	return zone
}

// zones are the few hundred that exist: to load one reads a file.
var zones sync.Map
