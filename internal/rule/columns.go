package rule

import "github.com/RoaringBitmap/roaring/v2"

// Op compares a value with a constant.
type Op uint8

// The operators.
const (
	Less Op = iota
	LessOrEqual
	Greater
	GreaterOrEqual
	EqualTo
)

// Columns answers for all customers at once, who are numbers here. What it
// returns is only read, and only until Select returns.
//
// It has to tell the same as the Customer of each Row: a text that is not
// known is "" there and nowhere here, times and days that KnownTime and KnownDay
// refuse are nobody's.
type Columns interface {
	// All are those who are asked about. The other methods may name more.
	All() *roaring.Bitmap
	// Known are those with a value: of Text, Texts, Time, Years (a date of birth)
	// and of one attribute; of one consent, those with any status but notRequested.
	Known(Ref) *roaring.Bitmap
	// Equal are those whose value is this text, which is not "": of Text, of one
	// consent (never asked for notRequested), and of one attribute, where "" can
	// be, too.
	Equal(r Ref, text string) *roaring.Bitmap
	// Listed are those who have this text among Texts.
	Listed(id ID, text string) *roaring.Bitmap
	// Is are those whose value is a truth and this one: of Truth, asked for true
	// alone, and of one attribute.
	Is(r Ref, truth bool) *roaring.Bitmap
	// Compare are those with a value of which this holds: of Number, Time in
	// microseconds since 1970, and Years: the date of birth in days since 1970.
	Compare(id ID, op Op, value int64) *roaring.Bitmap
	// CompareFloat is Compare for one total, where who has none has 0, and for
	// one attribute, where only numbers are compared.
	CompareFloat(r Ref, op Op, value float64) *roaring.Bitmap
	// Row is one customer. It is used until the next call of Row.
	Row(ordinal uint32) Customer
}
