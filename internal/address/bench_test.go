package address

import (
	"runtime"
	"testing"
)

var typical = Address{Recipient: "Ada Lovelace", Street: []string{"1 Market Street"}, City: "San Francisco", State: "California", PostalCode: "94105", Country: "US"}

func BenchmarkOffline(b *testing.B) {
	Offline(typical, nil)
	b.ReportAllocs()
	for b.Loop() {
		Offline(typical, nil)
	}
}

// What the tables cost: time and bytes, everything decoded.
func BenchmarkLoad(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		t, err := readTable(metadata)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range t {
			if e.format, err = decode(e.raw); err != nil {
				b.Fatal(err)
			}
			e.raw = nil
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		runtime.KeepAlive(t)
	}
}
