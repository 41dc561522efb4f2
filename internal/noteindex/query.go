package noteindex

import (
	"bytes"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/note"
	"github.com/acme/customers/internal/search"
)

// Query asks for notes. Whoever asks sets Types to what may be read: a note of
// another type is not found, not counted, and changes no order.
type Query struct {
	Text        string                 // "" is every note
	Types       func(name string) bool // nil finds nothing
	Author      string                 // id of who wrote it; "" is anybody
	From, To    time.Time              // of writing; To is exclusive, zero is open
	Pinned      *bool                  // nil is either
	Within      *roaring.Bitmap        // ordinals of customers; nil is all
	ByRelevance bool                   // otherwise the newest first
	After       *Mark                  // nil: from the beginning
	Limit       int
}

// Mark is where a page ended: the next one begins behind it, whatever changed
// since, and on whichever instance. It says nothing of what is in a note.
type Mark struct {
	Score uint32 // 0 unless ByRelevance
	At    int64  // of writing, microseconds since 1970
	ID    uuid.UUID
}

// What a text may have.
const (
	MaxRunes = 200
	MaxWords = 10
)

// Words counts the words of a text. Without any, a text finds nothing.
func Words(text string) (n int) {
	for _, c := range parse(text) {
		n += len(c.words)
	}
	return n
}

// clause is a part of a text: a note has to match all of them.
type clause struct {
	words  []word
	phrase bool // quoted: these very words, one after another
}

type word struct {
	text  string
	runes int
	dense bool
}

// shortestPrefix are the letters from which on a word also finds longer ones
// that begin with it.
const shortestPrefix = 2

// parse takes a text apart. A quote that is not closed ends with the text.
func parse(text string) (clauses []clause) {
	var s search.Splitter
	for i, piece := range strings.FieldsFunc(openQuote(text), isQuote) {
		var words []word
		for _, w := range s.Split(piece, false) {
			words = append(words, word{string(w.Text), utf8.RuneCount(w.Text), w.Dense})
		}
		if i%2 == 1 {
			if len(words) > 0 {
				clauses = append(clauses, clause{words, true})
			}
			continue
		}
		for i := range words {
			clauses = append(clauses, clause{words: words[i : i+1]})
		}
	}
	return unique(clauses)
}

// openQuote puts a space around quotes, so that between two of them there is
// always something.
func openQuote(text string) string {
	var b strings.Builder
	b.WriteByte(' ')
	for _, r := range text {
		b.WriteRune(r)
		if isQuote(r) {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func isQuote(r rune) bool {
	switch r {
	case '"', '“', '”', '„', '‟', '«', '»', '＂':
		return true
	}
	return false
}

func unique(clauses []clause) (out []clause) {
	for _, c := range clauses {
		if !slices.ContainsFunc(out, func(o clause) bool { return o.phrase == c.phrase && slices.Equal(o.words, c.words) }) {
			out = append(out, c)
		}
	}
	return out
}

// What a match is worth: first, how many words are in the note just so; then,
// how often there is a word that matches.
const (
	exactly = 1 << 16
	hit     = 1
)

// Match tells whether a note about a customer is what a query asks for, and how
// well it matches. It is the definition.
func (q *Query) Match(n *note.Note, customer uint32) (score uint32, ok bool) {
	at := micros(n.CreatedAt)
	switch {
	case n.Deleted || q.Types == nil || !q.Types(n.Type):
		return 0, false
	case q.Author != "" && n.Author.ID != q.Author, q.Pinned != nil && n.Pinned != *q.Pinned:
		return 0, false
	case !q.From.IsZero() && at < q.From.UnixMicro(), !q.To.IsZero() && at >= q.To.UnixMicro():
		return 0, false
	case q.Within != nil && !q.Within.Contains(customer):
		return 0, false
	}
	var s search.Splitter
	words := s.Split(n.Content, false)
	clauses := parse(q.Text)
	for i := range clauses {
		one, ok := clauses[i].match(words)
		if !ok {
			return 0, false
		}
		score += one
	}
	return score, len(clauses) > 0 || q.Text == ""
}

// match tells whether the words of a note have a clause, and what that is worth.
func (c *clause) match(words []search.Word) (score uint32, ok bool) {
	w := &c.words[0]
	if c.phrase || w.dense { // how often they stand there is of no account
		return exactly + hit, c.at(words, 0) >= 0
	}
	times := map[string]int{}
	for i := range words {
		if w.begins(&words[i]) {
			times[string(words[i].Text)]++
		}
	}
	for text, n := range times {
		if text == w.text {
			score += exactly
		}
		score += worth(n)
	}
	return score, len(times) > 0
}

// worth makes the second and the fourth time count, and no other.
func worth(times int) uint32 {
	switch {
	case times >= 4:
		return 3 * hit
	case times >= 2:
		return 2 * hit
	}
	return hit
}

// at gives where in a note a clause stands, from a word on; -1 if nowhere.
func (c *clause) at(words []search.Word, from int) int {
	for i := from; i+len(c.words) <= len(words); i++ {
		if c.stands(words[i:]) {
			return i
		}
	}
	return -1
}

func (c *clause) stands(words []search.Word) bool {
	for i := range c.words {
		if w := &c.words[i]; !w.is(&words[i], c.phrase) {
			return false
		}
	}
	return true
}

// is tells whether a word stands for one of a note: the very same, a part of a
// dense one or, where it is not quoted, the beginning.
func (w *word) is(other *search.Word, quoted bool) bool {
	switch {
	case w.dense != other.Dense:
		return false
	case w.dense:
		return bytes.Contains(other.Text, []byte(w.text))
	case quoted:
		return string(other.Text) == w.text
	}
	return w.begins(other)
}

func (w *word) begins(other *search.Word) bool {
	return !other.Dense && (string(other.Text) == w.text || w.runes >= shortestPrefix && bytes.HasPrefix(other.Text, []byte(w.text)))
}
