package search

// Size says what an index takes, in bytes, by part. It counts the capacity of
// what it holds and estimates the overhead of maps and bitmaps; the runtime's
// own rounding of allocations is in Texts only.
type Size struct {
	Docs     int
	Terms    int // how many are known
	Texts    int // the values as they are shown
	Words    int // the dictionaries
	Postings int // which documents have a term
	Grams    int // which terms have some letters
}

// Bytes is the sum.
func (s Size) Bytes() int { return s.Texts + s.Words + s.Postings + s.Grams }

// Size measures; it walks all terms that several documents share.
func (x *Index) Size() Size {
	s := Size{Docs: x.texts.Filled(), Texts: x.texts.Bytes()}
	for _, f := range x.fields {
		s.Terms += int(f.live())
		s.Postings += f.post.bytes()
		for _, f := range f.both() {
			words, refs, grams := f.bytes()
			s.Words += words
			s.Postings += refs
			s.Grams += grams
		}
	}
	return s
}
