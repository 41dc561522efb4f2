package noteindex

// Size is how much an index keeps, in bytes but for counts. It is an estimate of
// what the process takes for it, without what the runtime adds.
type Size struct {
	Notes    int64 // count
	Distinct int64 // count of terms: words, how often they are there, letters of dense scripts
	Texts    int64 // what the budget is for
	Columns  int64
	Terms    int64
	Postings int64
	Need     int64 // of text: more than Budget where the index is full
	Budget   int64
	Full     bool
}

// Bytes is what all parts take.
func (s Size) Bytes() int64 { return s.Texts + s.Columns + s.Terms + s.Postings }

// What a note, a subject, a term and a posting take beside their contents.
const (
	noteBytes    = 8 + 2 + 4 + 4 + 16 + 16 + 4 + 4 + 8
	subjectBytes = 16 + 40
	termBytes    = 56
	postingBytes = 16
	manyBytes    = 32
	bitmapBytes  = 200
)

// Need is how many bytes the texts of all notes have, and how many may be kept.
func (x *Index) Need() (need, budget int64) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.need, x.budget
}

// Size looks at every posting.
func (x *Index) Size() Size {
	x.mu.RLock()
	defer x.mu.RUnlock()
	c := &x.notes
	s := Size{Notes: int64(len(c.ids) - len(c.free)), Distinct: int64(x.terms.order.Len()), Need: x.need, Budget: x.budget, Full: x.full}
	if !x.full {
		s.Texts = x.need
	}
	s.Columns = noteBytes*int64(cap(c.ids)) + 4*int64(cap(c.free)+len(c.ids)) + subjectBytes*int64(len(x.subjects))
	s.Terms = termBytes*s.Distinct + x.terms.bytes
	s.Postings = postingBytes * int64(cap(x.terms.posts))
	for i := range x.terms.posts {
		if m := x.terms.posts[i].many; m != nil {
			s.Postings += manyBytes + 4*int64(cap(m.few))
			if m.bits != nil {
				s.Postings += bitmapBytes + int64(m.bits.GetSizeInBytes())
			}
		}
	}
	return s
}
