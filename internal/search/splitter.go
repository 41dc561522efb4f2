package search

import "unicode/utf8"

// Splitter takes longer texts apart into the words that this package compares,
// so that others find the same in them: case, width, accents and compatibility
// forms are taken away. The zero value is ready; it is not for concurrent use.
type Splitter struct {
	f     folder
	words []Word
}

// Word is one word of a text, folded.
type Word struct {
	Text []byte
	// Dense scripts write no spaces, or say much with a letter: any part of such a
	// word can be looked for. A word is dense as a whole or not at all.
	Dense bool
	at    int // in the folder's buffer
}

// Split gives the words of a text, in order. With places it remembers where they
// are, for Place. What it gives is good until the next call.
func (s *Splitter) Split(text string, places bool) []Word {
	s.f.track = places
	s.f.split(text)
	s.words = s.words[:0]
	for i, end := range s.f.ends {
		s.cut(s.f.start(i), end)
	}
	return s.words
}

// cut parts a word where a dense script begins or ends: people write 第3回.
func (s *Splitter) cut(from, to int) {
	for begin := from; begin < to; begin = from {
		first, n := utf8.DecodeRune(s.f.buf[from:to])
		kind := dense(first)
		for from += n; from < to; from += n {
			var r rune
			if r, n = utf8.DecodeRune(s.f.buf[from:to]); dense(r) != kind {
				break
			}
		}
		s.words = append(s.words, Word{Text: s.f.buf[begin:from:from], Dense: kind, at: begin})
	}
}

// Place gives the bytes of the text that the bytes of a word from one up to
// another stand for. The word is of the last Split, with places.
func (s *Splitter) Place(w *Word, from, to int) (start, end int) {
	return int(s.f.from[w.at+from]), int(s.f.to[w.at+to-1])
}
