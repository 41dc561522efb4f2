package importer

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/acme/customers/internal/customer"
	"github.com/acme/customers/internal/remote"
)

// A Row is one customer of the input: a registration to send, or the reasons
// why there is none.
type Row struct {
	Number  int64    // the line of the input where the row starts, from 1
	JSON    []byte   // one line, without its newline
	Keys    []string // what the service would find the same customer by
	Rejects []Reject // not empty: the row is not sent
	// Addresses are the prefixes of the columns that its addresses came from,
	// in their order; nil where a pointer's number says enough.
	Addresses []string
	Offset    int64 // bytes of input read so far
}

// A Source gives the rows of an input in their order, and io.EOF at the end.
// It gives the same rows each time that the same input is read.
type Source interface {
	Next() (Row, error)
	// Columns names what a JSON pointer into a row is about, for people. In the
	// place of an address's number it has the prefix, where a row has told it.
	Columns(pointer string) string
}

// Options say how an input is to be read.
type Options struct {
	Name      string // of the file, for its extension
	Format    Format // "" is detected
	Delimiter rune   // 0 is detected
	Mapping   Mapping
}

// Open finds out what the input is and reads as far as its header.
func Open(r io.Reader, o Options) (Source, error) {
	in := bufio.NewReaderSize(r, peek)
	skipped, err := skipBOM(in)
	if err != nil {
		return nil, err
	}
	start, err := in.Peek(peek)
	if len(start) == 0 {
		if err == io.EOF {
			return nil, usage("the input is empty")
		}
		return nil, err
	}
	if o.Format == "" {
		o.Format = detect(o.Name, start)
	}
	if o.Format == JSONLines {
		if len(o.Mapping.Rules) > 0 {
			return nil, usage("JSON Lines are taken as the API takes registrations; columns can be mapped in CSV only")
		}
		return newJSONLines(in, skipped)
	}
	if o.Delimiter == 0 {
		o.Delimiter = delimiter(start)
	}
	return newCSV(in, skipped, o)
}

// finish encodes a registration into the row.
func (row *Row) finish(r *remote.Registration) error {
	var err error
	if row.JSON, err = json.Marshal(r); err != nil {
		return usage("a row cannot be written as JSON") // err may quote a value
	}
	if len(row.JSON) > remote.MaxLine {
		row.reject("", "too_long")
	}
	row.Keys = keys(r.Email, r.UserID, r.ExternalIDs)
	return nil
}

func (row *Row) reject(column, code string) {
	row.JSON = nil
	row.Rejects = append(row.Rejects, Reject{Row: row.Number, Column: column, Code: code, Message: localReasons[code]})
}

// keys are what the service finds a customer by. Two spellings of one mailbox
// give one key; that two customers share a key costs time, nothing else.
func keys(email, userID string, externalIDs map[string]string) []string {
	var out []string
	if email = strings.TrimSpace(email); email != "" {
		out = append(out, "e"+mailbox(email))
	}
	if userID = strings.TrimSpace(userID); userID != "" {
		out = append(out, "u"+userID)
	}
	for source, id := range externalIDs {
		out = append(out, "x"+customer.ExternalIDKey(source, strings.TrimSpace(id)))
	}
	return out
}

func mailbox(email string) string {
	for i := range len(email) {
		if email[i] >= utf8.RuneSelf {
			return customer.EmailKey(email)
		}
	}
	return strings.ToLower(email) // what EmailKey gives for ASCII, faster
}

// Generated is a source of made-up registrations, which were in no file.
func Generated(people iter.Seq[remote.Registration]) (s Source, stop func()) {
	next, stop := iter.Pull(people)
	return &generated{next: next}, stop
}

type generated struct {
	next   func() (remote.Registration, bool)
	number int64
}

func (g *generated) Next() (Row, error) {
	r, ok := g.next()
	if !ok {
		return Row{}, io.EOF
	}
	g.number++
	row := Row{Number: g.number, Offset: g.number}
	return row, row.finish(&r)
}

func (*generated) Columns(pointer string) string { return pointer }
