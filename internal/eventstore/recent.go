package eventstore

import "sync"

// recentSize is how many records are kept; a record has one to two kilobytes.
const recentSize = 2048

// Recent holds the last records that this process committed, so that those
// who follow the log closely read no database for them. The zero value is
// empty and ready.
type Recent struct {
	mu      sync.Mutex
	records []Record // positions without a gap
}

// Add keeps the records of a commit that is durable, in the order of their
// positions. After a gap, which another instance's commits leave, it begins
// anew. The records must not be changed afterwards.
func (r *Recent) Add(records []Record) {
	if len(records) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.records); n > 0 && r.records[n-1].Position+1 != records[0].Position {
		r.records = nil
	}
	if len(r.records)+len(records) > 2*recentSize { // rarely: what is handed out is never moved
		kept := r.records[max(0, len(r.records)-recentSize):]
		r.records = append(make([]Record, 0, 2*recentSize), kept...)
	}
	r.records = append(r.records, records...)
}

// After gives up to limit records after a position, or false when the next
// one is not here. They are shared: do not change them.
func (r *Recent) After(position int64, limit int) ([]Record, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.records) == 0 || limit < 1 {
		return nil, false
	}
	from := position + 1 - r.records[0].Position
	if from < 0 || from >= int64(len(r.records)) {
		return nil, false
	}
	to := min(from+int64(limit), int64(len(r.records)))
	return r.records[from:to:to], true
}
