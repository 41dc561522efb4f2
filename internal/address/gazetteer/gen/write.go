package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"log"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// place is a place, or a postal code, of which code is the only key.
type place struct {
	country, admin1, admin2 string
	name, area              string
	keys                    []string // folded, the main name's first
	lat, lon                float64
	located                 bool
	people                  int
	later                   *place // the same place in the newer source
}

func sources(pkgs ...string) string { return strings.Join(pkgs, " ") }

// write makes a data file; package gazetteer, which reads it, has the layout.
func write(name, sources string, places []*place) error {
	byCountry := map[string][]*place{}
	for _, p := range places {
		byCountry[p.country] = append(byCountry[p.country], p)
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	var dir []string
	var frames []byte
	for _, country := range slices.Sorted(maps.Keys(byCountry)) {
		raw, err := encode(byCountry[country])
		if err != nil {
			return fmt.Errorf("%s: %w", country, err)
		}
		before := len(frames)
		frames = encoder.EncodeAll(raw, frames)
		dir = append(dir, fmt.Sprintf("%s:%d:%d", country, len(frames)-before, len(byCountry[country])))
	}
	head := "gazetteer/1 " + sources + "\n" + strings.Join(dir, " ") + "\n"
	log.Printf("%s: %d places, %d bytes", name, len(places), len(head)+len(frames))
	return os.WriteFile(name, append([]byte(head), frames...), 0o644)
}

// encode lays out one country. Equal input gives equal bytes: nothing depends
// on the order of a map.
func encode(places []*place) ([]byte, error) {
	slices.SortStableFunc(places, func(a, b *place) int {
		return cmp.Or(cmp.Compare(b.people, a.people), cmp.Compare(a.keys[0], b.keys[0]),
			cmp.Compare(a.lat, b.lat), cmp.Compare(a.lon, b.lon))
	})
	var areas []string
	for _, p := range places {
		if p.area != "" {
			areas = append(areas, p.area)
		}
	}
	slices.Sort(areas)
	if areas = slices.Compact(areas); len(areas) > math.MaxUint8 {
		return nil, fmt.Errorf("%d areas do not fit one byte", len(areas))
	}
	n := len(places)
	area, planes := make([]byte, n), make([]byte, 6*n)
	var text bytes.Buffer
	for i, p := range places {
		if at, found := slices.BinarySearch(areas, p.area); found {
			area[i] = byte(at + 1)
		}
		if p.located {
			plane(planes[:3*n], i, p.lat)
			plane(planes[3*n:], i, p.lon)
		}
		fields := append([]string{p.name}, p.keys...)
		if strings.ContainsAny(strings.Join(fields, ""), "\t\n") {
			return nil, fmt.Errorf("a name holds a separator")
		}
		text.WriteString(strings.Join(fields, "\t") + "\n")
	}
	out := binary.LittleEndian.AppendUint32(nil, uint32(n))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(areas)))
	for _, a := range areas {
		out = append(out, a+"\n"...)
	}
	return slices.Concat(out, area, planes, text.Bytes()), nil
}

// plane spreads a coordinate over three columns.
func plane(planes []byte, i int, degrees float64) {
	n := len(planes) / 3
	v := int(math.Round((degrees + 180) * 1e4))
	planes[i], planes[n+i], planes[2*n+i] = byte(v>>16), byte(v>>8), byte(v)
}
