package importer

import (
	"fmt"
	"io"

	"github.com/acme/customers/internal/remote"
)

// A batch is a run of rows that is answered as one.
type batch struct {
	first int64 // rows of the input before it
	rows  []mark
	body  []byte
	lines int // rows that are sent
	keys  map[string]struct{}
}

// A mark is what is kept of a row once it is in a body.
type mark struct {
	number  int64
	offset  int64
	rejects []Reject // not empty: it is not in the body

	addresses []string // prefixes
}

// cutter cuts rows into batches. Where it cuts depends on nothing but the
// rows since the last cut: a batch that is cut again after a restart has the
// same rows, and so the idempotency key that the service may know it by.
// A change of these rules, or of what a row becomes, needs another cutting in
// the fingerprint.
type cutter struct {
	source Source
	rows   int // of a batch
	done   int64
	held   *Row // was read, and starts the next batch
}

const cutting = 2

// skip passes rows that an earlier run accounted for.
func (c *cutter) skip(rows int64) error {
	for ; c.done < rows; c.done++ {
		if _, err := c.source.Next(); err != nil {
			if err == io.EOF {
				return usage("the input has fewer rows than were already imported from it")
			}
			return err
		}
	}
	return nil
}

// next gives the next batch, and io.EOF after the last. A customer occurs in a
// batch once: what the service does first within one is its own affair.
func (c *cutter) next() (*batch, error) {
	b := &batch{first: c.done, rows: make([]mark, 0, c.rows), keys: make(map[string]struct{}, c.rows)}
	for len(b.rows) < c.rows {
		row, err := c.take()
		if err != nil {
			if err == io.EOF && len(b.rows) > 0 {
				break
			}
			return nil, err
		}
		if len(b.body)+len(row.JSON)+1 > remote.MaxBatch || b.shares(row.Keys) {
			c.held = &row
			break
		}
		b.add(row)
		c.done++
	}
	return b, nil
}

func (c *cutter) take() (Row, error) {
	if c.held != nil {
		row := *c.held
		c.held = nil
		return row, nil
	}
	return c.source.Next()
}

func (b *batch) add(row Row) {
	b.rows = append(b.rows, mark{row.Number, row.Offset, row.Rejects, row.Addresses})
	if row.Rejects != nil {
		return
	}
	b.body = append(append(b.body, row.JSON...), '\n')
	b.lines++
	for _, key := range row.Keys {
		b.keys[key] = struct{}{}
	}
}

func (b *batch) shares(keys []string) bool {
	for _, key := range keys {
		if _, ok := b.keys[key]; ok {
			return true
		}
	}
	return false
}

// meets tells whether two batches have a customer in common.
func (b *batch) meets(other *batch) bool {
	if len(b.keys) > len(other.keys) {
		b, other = other, b
	}
	for key := range b.keys {
		if _, ok := other.keys[key]; ok {
			return true
		}
	}
	return false
}

// request is what is sent for a batch of the given run.
func (b *batch) request(run string, mode remote.Mode) remote.Batch {
	return remote.Batch{Mode: mode, Source: "import", Key: fmt.Sprintf("import-%s-%d", run, b.first), Lines: b.lines, Body: b.body}
}
