// Package roster knows of every customer what rules ask for and what texts are
// searched, by column: so a question about all of them is answered by a few
// bitmaps, and one about somebody by a few reads. Nothing of it is on a disk.
//
// What is put here is derived from states alone. It may come twice, late and in
// any order: what is older than what is known changes nothing.
package roster

import (
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"
	"golang.org/x/text/language"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/search"
)

// Roster is the columns. Safe for concurrent use; a batch that is put is seen
// as a whole or not at all.
type Roster struct {
	preferred *customer.PreferenceRules
	weights   customer.Weights
	languages languages

	mu        sync.RWMutex
	customers *roaring.Bitmap // ordinals of those who are known
	gone      *roaring.Bitmap // and of those who were erased
	ids       []uuid.UUID
	versions  []int64 // of the customer's stream
	words     [wordColumns]*words
	flags     [flagColumns]*roaring.Bitmap
	tags      *lists
	attrs     *attributes
	addresses numbers[uint8]
	complete  numbers[uint8]
	born      numbers[int32] // days since 1970, plus epoch; 0: not known
	// Instants are microseconds since 1970; 0: never.
	registered numbers[int64]
	lastHere   numbers[int64] // the last activity that the customer's own stream knows
	lastActive numbers[int64] // here or elsewhere

	arranging sync.Mutex // on whoever makes the order of a column

	texts      *search.Index
	collations map[string]*collation // by language
	keyed      []*collation          // the same in one order
	keyers     sync.Pool             // of []*keyer, in the same order: making one takes longer than using it
	sorted     sortTexts
	orders     orders         // of collations that are not kept
	ordering   sync.WaitGroup // on whoever makes one

	elsewhere joined // what other streams know
	segments  segments

	changes *Changes // nil: nobody watches
	told    chan struct{}
}

// joined is what the streams beside the customer's know.
type joined struct {
	consents  map[string]*words // by purpose: the status; "" is not requested
	orders    numbers[int32]
	tickets   numbers[int32]
	firstAt   numbers[int64]
	lastAt    numbers[int64]
	lastThere numbers[int64]
	spent     map[string]*amounts // by currency, in units of activity.Amount
}

// The columns of words.
const (
	statusWord = iota
	typeWord
	countryWord
	localeWord
	languageWord
	timezoneWord
	currencyWord
	genderWord
	shownLanguage
	shownCurrency
	shownTimezone
	shownTheme
	wordColumns
)

// The columns of yes and no.
const (
	takesEmail = iota
	takesSMS
	takesPush
	takesMail
	sharesData
	trackedActivity
	inAnalytics
	hasEmail
	emailVerified
	hasPhone
	phoneVerified
	flagColumns
)

// Root is the collation of no language: every script, as Unicode orders it.
const Root = "und"

// New makes an empty roster that keeps the orders of names of some languages
// (BCP 47), that of no language besides.
func New(preferred *customer.PreferenceRules, weights customer.Weights, languages ...string) *Roster {
	r := &Roster{preferred: preferred, weights: weights, customers: roaring.New(), gone: roaring.New(), tags: newLists(), attrs: newAttributes(), texts: search.New(), collations: map[string]*collation{},
		elsewhere: joined{consents: map[string]*words{}, spent: map[string]*amounts{}}, segments: newSegments()}
	r.sorted, r.orders = newSortTexts(), orders{made: map[string]*order{}}
	for _, l := range append([]string{Root}, languages...) {
		l, _ = CollationOf(l)
		if r.collations[l] == nil {
			r.collations[l] = newCollation(language.Make(l))
			r.keyed = append(r.keyed, r.collations[l])
		}
	}
	r.keyers.New = func() any {
		keys := make([]*keyer, len(r.keyed))
		for i, c := range r.keyed {
			keys[i] = newKeyer(c.tag)
		}
		return keys
	}
	for i := range r.words {
		r.words[i] = newWords()
	}
	for i := range r.flags {
		r.flags[i] = roaring.New()
	}
	return r
}

// LastElsewhere is when a customer was last active elsewhere; the zero time if
// never.
func (r *Roster) LastElsewhere(ordinal uint32) time.Time {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return instant(r.elsewhere.lastThere.get(ordinal))
}

// Asked tells of how many customers a status for a purpose is on record.
func (r *Roster) Asked(purpose string) int64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	w := r.elsewhere.consents[purpose]
	if w == nil {
		return 0
	}
	return int64(w.any.AndCardinality(r.customers))
}

func instant(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
