package gazetteer

import (
	"bytes"
	"math"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func abs(x float64) float64 { return math.Abs(x) }

func sortedFields(s string) []string { return slices.Sorted(strings.FieldsSeq(s)) }

// all decodes every country and gives the number of places.
func all(f *file) (n int, err error) {
	for country := range f.countries {
		t, err := f.country(country)
		if err != nil {
			return n, err
		}
		n += len(t.lines)
	}
	return n, nil
}

func TestEverythingInTheFilesIsThere(t *testing.T) {
	for _, c := range []struct {
		name             string
		data             []byte
		countries, least int
	}{{"places.bin", placesData, 240, 200_000}, {"postal.bin", postalData, 10, 43_000}} {
		f, err := open(c.data)
		if err != nil {
			t.Fatal(err)
		}
		n, err := all(f)
		if err != nil || n < c.least || len(f.countries) < c.countries {
			t.Errorf("%s: %d places, %d countries, %v", c.name, n, len(f.countries), err)
		}
		if !strings.Contains(f.sources, "@") {
			t.Errorf("%s does not say where it is from: %q", c.name, f.sources)
		}
	}
	for country, least := range map[string]int{"US": 42_000, "CA": 1_600} {
		if codes, err := codes().country(country); err != nil || len(codes.lines) < least {
			t.Errorf("%s: too few codes, %v", country, err)
		}
	}
}

func TestEveryRowIsSoundAndFoundByItsKeys(t *testing.T) {
	for _, f := range []*file{places(), codes()} {
		for country := range f.countries {
			table, err := f.country(country)
			if err != nil {
				t.Fatal(err)
			}
			for i := range table.lines {
				checkRow(t, table, country, i)
			}
		}
	}
}

func checkRow(t *testing.T, table *table, country string, i int) {
	t.Helper()
	s := table.spot(i)
	if abs(s.Latitude) > 90 || abs(s.Longitude) > 180 || s.Name == "" || strings.ContainsRune(s.Name, utf8.RuneError) || int(table.area[i]) > len(table.areas) {
		t.Errorf("%s: %+v", country, s)
	}
	line, _, _ := strings.Cut(table.text[table.lines[i]:], "\n")
	keys := strings.Split(line, "\t")[1:]
	if len(keys) == 0 || !slices.Contains(table.find(keys[0]), s) {
		t.Errorf("%s: %+v is not found", country, s)
	}
	if !s.Located() && !slices.Contains([]string{"AA", "AE", "AP"}, s.Area) && country != "CA" {
		t.Errorf("%s: nobody knows where %+v is", country, s)
	}
}

// A file that was cut short, changed or left empty is an error with a reason,
// never a country without places.
func TestABrokenFileIsSeen(t *testing.T) {
	flipped := bytes.Clone(postalData)
	flipped[len(flipped)/2] ^= 1
	fewer := bytes.Replace(postalData, []byte(" US:"), []byte(" UX:"), 1)
	for name, data := range map[string][]byte{
		"empty": nil, "head only": postalData[:bytes.IndexByte(postalData, '\n')+1], "cut by one": postalData[:len(postalData)-1],
		"cut in half": postalData[:len(postalData)/2], "longer": append(bytes.Clone(postalData), 0), "flipped bit": flipped,
		"other format": append([]byte("x"), postalData...), "count": countOff(postalData),
	} {
		f, err := open(data)
		if err == nil {
			_, err = all(f)
		}
		if err == nil || err.Error() == "" {
			t.Errorf("%s: nobody notices", name)
		}
	}
	if f, err := open(fewer); err != nil || f.countries["US"] != nil {
		t.Errorf("the control is no control: %v", err)
	}
}

// countOff claims one place more for the last country of a file's directory.
func countOff(data []byte) []byte {
	end := bytes.IndexByte(data, '\n') + 1
	end += bytes.IndexByte(data[end:], '\n')
	return slices.Concat(data[:end], []byte("0"), data[end:])
}

func TestABrokenFileStopsTheProgramWithItsName(t *testing.T) {
	for want, broken := range map[string]func(){
		"places.bin": func() { mustOpen("places.bin", placesData[:len(placesData)-1]) },
		"data of US": func() {
			f := mustOpen("postal.bin", postalData)
			f.countries["US"].frame = f.countries["US"].frame[:1000]
			f.find("US", "90210")
		},
	} {
		func() {
			defer func() {
				if why, _ := recover().(string); !strings.Contains(why, want) || !strings.Contains(why, "go generate") {
					t.Errorf("%s: it says %q", want, why)
				}
			}()
			broken()
			t.Errorf("%s: nothing happens", want)
		}()
	}
}

// The files are of the versions that the generator pins.
func TestTheFilesAreFromThePinnedSources(t *testing.T) {
	source, err := os.ReadFile("gen/main.go")
	if err != nil {
		t.Fatal(err)
	}
	from := strings.Fields(places().sources + " " + codes().sources)
	pinned := regexp.MustCompile(`"(\S+@[0-9.]+)"`).FindAllSubmatch(source, -1)
	for _, p := range pinned {
		if !slices.Contains(from, string(p[1])) {
			t.Errorf("%s is pinned, the files are from %q: run go generate", p[1], from)
		}
	}
	if len(pinned) < 5 || slices.Contains(from, "zipcodes@0.0.0") {
		t.Errorf("the control: %q in %q", pinned, from)
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	f := mustOpen("postal.bin", postalData)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for country, code := range map[string]string{"US": "90210", "CA": "M5V", "PR": "00601"} {
				if len(f.find(country, code)) != 1 {
					t.Errorf("%s %s is not found", country, code)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkLoadEverything(b *testing.B) { benchmarkLoad(b, "") }
func BenchmarkLoadUS(b *testing.B)         { benchmarkLoad(b, "US") }
func BenchmarkLoadCH(b *testing.B)         { benchmarkLoad(b, "CH") }

// benchmarkLoad opens both files anew and decodes a country, or all. It reports
// what stays in memory.
func benchmarkLoad(b *testing.B, country string) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var kept []*file
	for b.Loop() {
		kept = kept[:0]
		for name, data := range map[string][]byte{"places.bin": placesData, "postal.bin": postalData} {
			f := mustOpen(name, data)
			kept = append(kept, f)
			if country != "" {
				_, err := f.country(country)
				if err != nil {
					b.Fatal(err)
				}
			} else if _, err := all(f); err != nil {
				b.Fatal(err)
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
	runtime.KeepAlive(kept)
}

func BenchmarkPlaces(b *testing.B) {
	for _, name := range []string{"Zürich", "Winterthur", "nowhere at all"} {
		b.Run(strings.Fields(name)[0], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Places("CH", name)
			}
		})
	}
}

func BenchmarkPostalCode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		PostalCode("US", "90210-1234")
	}
}
