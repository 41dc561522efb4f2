package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Table writes the report for people: every row a ratio of two sides of this
// run.
func (r *Report) Table(w io.Writer) error {
	m := r.Machine
	fmt.Fprintf(w, "%s, %d cores, %.0f GiB, Linux %s, %s, %s, revision %s\n\n", m.Processor, m.Cores,
		float64(m.Memory)/(1<<30), m.Kernel, m.Go, m.PostgreSQL, m.Revision)
	if len(r.Duels)+len(r.Figures) > 0 {
		return r.search(w)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "path\tstore\tcustomers\tclients\tper s\tagainst\tper s\tratio\tlow..high\taim\tslower\tp50\tp99\thalf load p50\tp99\tfailed\tCPU µs service\tyardstick\tclient\trest\t")
	for _, row := range r.Rows {
		row.write(t)
	}
	fmt.Fprintln(t)
	fmt.Fprintln(t, "size\tstore\tcustomers\tRSS MiB\tbytes each\tdisk MiB\tbytes each\t")
	for _, s := range r.Sizes {
		fmt.Fprintf(t, "\t%s\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t\n", s.Store, s.Customers, mib(s.RSS), s.RSSEach(), mib(s.Disk), s.DiskEach())
	}
	fmt.Fprintln(t)
	fmt.Fprintln(t, "bulk\tstore\tbefore\trows\ttook\tper s\taim\t")
	for _, b := range r.Bulk {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%.1fs\t%.0f\t%s\t\n", b.How, b.Store, b.From, b.Rows, b.Took.Seconds(), b.Rate, aim(b.Aim))
	}
	return t.Flush()
}

func (row Row) write(t io.Writer) {
	s, y := Typical(row.Service), Typical(row.Yardstick)
	failed := 0
	for _, m := range row.Service {
		failed += m.Failed
	}
	open := "-\t-"
	if row.Open != nil {
		open = ms(row.Open.P50) + "\t" + ms(row.Open.P99)
	}
	cpu := "-\t-\t-\t-"
	if c := s.CPU; c != nil {
		bare := "-"
		if y.CPU != nil {
			bare = fmt.Sprint(y.CPU.Service.Microseconds())
		}
		cpu = fmt.Sprintf("%d\t%s\t%d\t%d", c.Service.Microseconds(), bare, c.Generator.Microseconds(), c.Rest.Microseconds())
	}
	fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%.0f\t%s\t%.0f\t%.2f\t%.2f..%.2f\t%s\t%.2f\t%s\t%s\t%s\t%d\t%s\t\n", row.Path, row.Store, row.Customers, row.Connections,
		s.Rate, row.Against, y.Rate, row.Ratio, row.Low, row.High, aim(row.Aim), row.Slower, ms(s.P50), ms(s.P99), open, failed, cpu)
}

func aim(a float64) string {
	if a == 0 {
		return "-"
	}
	return fmt.Sprintf("%.4g", a)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2fms", float64(d.Microseconds())/1000) }

func mib(n int64) float64 { return float64(n) / (1 << 20) }
