package importer

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"strconv"

	"github.com/acme/customers/internal/remote"
)

// A Reject is one reason why a row was not taken. It says where and why, and
// holds no value of the row.
type Reject struct {
	Row     int64  // the line of the input where the row starts
	Column  string // as the input names it; "" is the whole row
	Code    string // stable
	Message string
}

// localReasons word the codes that are found here. All others, and their
// words, are the service's.
var localReasons = map[string]string{
	"csv_syntax":      "a quote is in the wrong place (RFC 4180)",
	"field_count":     "the row has more or fewer fields than the header",
	"not_utf8":        "the text is not valid UTF-8",
	"invalid_number":  "this is not a number like -12.5",
	"invalid_boolean": "this is not true, false, yes, no, 1 or 0",
	"too_long":        "the row is too long",
}

// reasons are the rejects of a row that the service refused.
func reasons(row int64, p *remote.Problem, columns func(pointer string) string) []Reject {
	if len(p.Errors) == 0 {
		return []Reject{{row, remote.Printable(columns(heldBy[p.Code])), remote.Printable(p.Code), remote.Printable(p.Detail)}}
	}
	out := make([]Reject, 0, len(p.Errors))
	for _, f := range p.Errors {
		out = append(out, Reject{row, remote.Printable(columns(f.Pointer)), remote.Printable(f.Code), remote.Printable(f.Detail)})
	}
	return out
}

// heldBy is what a refusal is about whose code says it all.
var heldBy = map[string]string{"email_taken": "/email", "user_taken": "/userId", "external_id_taken": "/externalIds/*"}

// RejectFile is a CSV file of rejects that only its owner may read.
type RejectFile struct {
	file *os.File
	buf  bytes.Buffer
	size int64 // bytes that were written
}

// OpenRejects starts a file, or continues one of which the first size bytes
// are accounted for: what comes after was written before a kill, about rows
// that will be seen again.
func OpenRejects(path string, size int64) (*RejectFile, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	f := &RejectFile{file: file, size: size}
	if err := f.start(); err != nil {
		_ = file.Close()
		return nil, err
	}
	return f, nil
}

func (f *RejectFile) start() error {
	if err := f.file.Chmod(0o600); err != nil { // it may have been there before
		return err
	}
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() < f.size {
		return usage("the rejects file is shorter than it was; give another one, or start the import anew")
	}
	if err := f.file.Truncate(f.size); err != nil {
		return err
	}
	if _, err := f.file.Seek(f.size, io.SeekStart); err != nil {
		return err
	}
	if f.size > 0 {
		return nil
	}
	f.buf.WriteString("row,column,code,message\n")
	_, err = f.Sync()
	return err
}

// Add keeps rejects until the next Sync.
func (f *RejectFile) Add(rejects ...Reject) error {
	w := csv.NewWriter(&f.buf)
	for _, r := range rejects {
		if err := w.Write([]string{strconv.FormatInt(r.Row, 10), r.Column, r.Code, r.Message}); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// Sync makes durable what was added, and tells the size of the file.
func (f *RejectFile) Sync() (size int64, err error) {
	if f.buf.Len() == 0 {
		return f.size, nil
	}
	n, err := f.buf.WriteTo(f.file)
	f.size += n
	if err != nil {
		return f.size, err
	}
	return f.size, f.file.Sync()
}

// Close closes the file. What was not synced is dropped.
func (f *RejectFile) Close() error { return f.file.Close() }
