package importer

import (
	"bufio"
	"bytes"
	"errors"
	"path/filepath"
	"strings"
)

// Format is how the rows are written.
type Format string

// The formats.
const (
	CSV       Format = "csv"   // RFC 4180, the first row names the columns
	JSONLines Format = "jsonl" // a registration a line, as the API takes it
)

// ErrUsage marks what the caller should change in the command or the file.
var ErrUsage = errors.New("cannot be imported like this")

// usage words what is wrong. It must not be given values of a row.
type usage string

func (u usage) Error() string      { return string(u) }
func (usage) Is(target error) bool { return target == ErrUsage }

// peek is how much of the start of the input is looked at.
const peek = 64 << 10

// detect tells the format by the file's extension, else by its first byte.
func detect(name string, start []byte) Format {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv", ".tsv", ".tab":
		return CSV
	case ".jsonl", ".ndjson":
		return JSONLines
	}
	if t := bytes.TrimSpace(start); len(t) > 0 && t[0] == '{' {
		return JSONLines
	}
	return CSV
}

// skipBOM drops a UTF-8 byte order mark, and refuses other encodings that say
// what they are: guessing one would change names.
func skipBOM(in *bufio.Reader) (skipped int64, err error) {
	start, _ := in.Peek(3)
	switch {
	case bytes.HasPrefix(start, []byte("\xef\xbb\xbf")):
		n, err := in.Discard(3)
		return int64(n), err
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return 0, usage("the file is UTF-16; save it as UTF-8")
	case bytes.IndexByte(start, 0) >= 0:
		return 0, usage("the file is not text in UTF-8")
	}
	return 0, nil
}

// delimiter finds what separates the columns: of comma, semicolon and tab the
// one that the header row has most of, outside quotes.
func delimiter(start []byte) rune {
	var commas, semicolons, tabs int
	quoted := false
	for _, b := range start {
		switch {
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == ',':
			commas++
		case b == ';':
			semicolons++
		case b == '\t':
			tabs++
		case b == '\n' && commas+semicolons+tabs > 0:
			return most(commas, semicolons, tabs)
		}
	}
	return most(commas, semicolons, tabs)
}

func most(commas, semicolons, tabs int) rune {
	switch {
	case tabs > commas && tabs > semicolons:
		return '\t'
	case semicolons > commas:
		return ';'
	}
	return ','
}
