// Package report compares two sides fairly and writes down what came out, for
// people as a table and for programs as JSON.
package report

import (
	"encoding/json"
	"io"
	"time"
)

// Report is one run of the benchmark.
type Report struct {
	Started  time.Time         `json:"started"`
	Machine  Machine           `json:"machine"`
	Settings map[string]string `json:"settings"`
	Rows     []Row             `json:"rows"`
	Sizes    []Size            `json:"sizes"`
	Bulk     []Bulk            `json:"bulk"`
	Duels    []Duel            `json:"search,omitempty"`
	Figures  []Figure          `json:"figures,omitempty"`
}

// Machine is where it ran.
type Machine struct {
	Processor  string `json:"processor"`
	Cores      int    `json:"cores"`
	Memory     int64  `json:"memoryBytes"`
	Kernel     string `json:"kernel"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgresql"`
	Revision   string `json:"revision"`
	Load       string `json:"loadAverageAtStart"` // others on the machine spoil a run
}

// Row compares one path of the service with its yardstick.
type Row struct {
	Path        string  `json:"path"`
	Store       string  `json:"store"`
	Customers   int     `json:"customers"` // there when the row was measured
	Connections int     `json:"connections"`
	Against     string  `json:"against"`
	Ratio       float64 `json:"ratio"`
	Low         float64 `json:"ratioLow"`
	High        float64 `json:"ratioHigh"`
	Aim         float64 `json:"aim,omitempty"`
	// Slower is by what factor the ratio was better at the first size of the
	// run, on the same store over as many connections; 1 there. Both yardsticks
	// do the same at every size.
	Slower float64 `json:"slowerThanAtFirst"`
	Comparison
	// Open is the service at about half of its highest rate, in open loop:
	// what a caller waits when it is not overloaded.
	Open *Measure `json:"openLoop,omitempty"`
}

// NewRow takes the ratio from the rounds.
func NewRow(path, store string, customers, connections int, against string, aim float64, c Comparison) Row {
	r := Row{Path: path, Store: store, Customers: customers, Connections: connections, Against: against, Aim: aim, Comparison: c}
	r.Ratio, r.Low, r.High = c.Ratio()
	return r
}

// Add takes a row into the report.
func (r *Report) Add(row Row) {
	row.Slower = 1
	for _, first := range r.Rows {
		if first.Path == row.Path && first.Store == row.Store && first.Connections == row.Connections {
			row.Slower = first.Ratio / max(row.Ratio, 1e-9)
			break
		}
	}
	r.Rows = append(r.Rows, row)
}

// Size is what a number of customers takes.
type Size struct {
	Store     string           `json:"store"`
	Customers int              `json:"customers"`
	RSS       int64            `json:"rssBytes"`
	RSSEmpty  int64            `json:"rssEmptyBytes"` // of the same process before the first customer
	Disk      int64            `json:"diskBytes"`
	DiskEmpty int64            `json:"diskEmptyBytes"`
	Parts     map[string]int64 `json:"diskParts"`
}

// RSSEach is memory for each customer, without what the program takes anyway.
func (s Size) RSSEach() float64 { return float64(s.RSS-s.RSSEmpty) / float64(max(s.Customers, 1)) }

// DiskEach is disk for each customer, without what an empty store takes.
func (s Size) DiskEach() float64 { return float64(s.Disk-s.DiskEmpty) / float64(max(s.Customers, 1)) }

// Bulk is a fill or an import.
type Bulk struct {
	How   string        `json:"how"`
	Store string        `json:"store"`
	From  int           `json:"customersBefore"`
	Rows  int           `json:"rows"`
	Took  time.Duration `json:"took"`
	Rate  float64       `json:"perSecond"`
	Aim   float64       `json:"aim,omitempty"`
}

// JSON writes the whole report.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
