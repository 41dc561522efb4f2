package importer

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/acme/customers/internal/remote"
)

// BenchmarkImport is the whole way of a row but for the service's own work:
// file, mapping, requests over loopback HTTP, accounting, checkpoint.
func BenchmarkImport(b *testing.B) {
	const rows = 20_000
	raw, err := os.ReadFile(people(b, rows))
	if err != nil {
		b.Fatal(err)
	}
	for name, send := range map[string]func(*service) func(context.Context, remote.Batch) ([]remote.Outcome, error){
		"http": func(s *service) func(context.Context, remote.Batch) ([]remote.Outcome, error) {
			return s.client().Batch
		},
		"bare": func(*service) func(context.Context, remote.Batch) ([]remote.Outcome, error) { return yes },
	} {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "p.csv")
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				s := newService(b)
				j := jobOf(s.client(), path)
				j.Rows, j.Send, j.SaveEvery = DefaultRows, send(s), 0
				if sum, err := j.Run(b.Context()); err != nil || sum.Rows != rows {
					b.Fatal(sum, err)
				}
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func yes(_ context.Context, b remote.Batch) ([]remote.Outcome, error) {
	out := make([]remote.Outcome, b.Lines)
	for i := range out {
		out[i] = remote.Outcome{Line: i + 1, Status: 201, Outcome: "created"}
	}
	return out, nil
}
