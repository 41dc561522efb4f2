package importer

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// Progress is told how far an import is.
type Progress interface {
	// At gives the rows accounted, and how much of the input they are: in
	// the unit of the total.
	At(done Summary, offset int64)
	// Close leaves the terminal as it was.
	Close()
}

type nobody struct{}

func (nobody) At(Summary, int64) {}
func (nobody) Close()            {}

// NewProgress shows a bar on a terminal, and else writes a line now and then.
// total is the size of the input, 0 when it is not known; before is what an
// earlier run did, which says nothing about today's speed.
func NewProgress(w io.Writer, total int64, before Summary) Progress {
	if f, ok := w.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		return newBar(w, total, before)
	}
	return newLog(w, total, before, time.Now)
}

// meter computes rates.
type meter struct {
	total  int64 // of the input
	before int64 // rows of earlier runs
	start  time.Time
	now    func() time.Time
}

func newMeter(total int64, before Summary, now func() time.Time) meter {
	return meter{total: total, before: before.Rows, start: now(), now: now}
}

func (m *meter) rate(rows int64) float64 {
	return Rate(rows-m.before, m.now().Sub(m.start))
}

// Rate is rows a second, 0 when no time has passed.
func Rate(rows int64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(rows) / d.Seconds()
}

// left is the time that the rest takes at the speed so far; ok is false when
// the total or the speed is not known.
func (m *meter) left(rows, offset int64) (d time.Duration, ok bool) {
	share := float64(offset) / float64(max(rows, 1)) // input a row
	rate := m.rate(rows) * share
	if m.total == 0 || rate <= 0 {
		return 0, false
	}
	return time.Duration(float64(max(m.total-offset, 0)) / rate * float64(time.Second)).Round(time.Second), true
}

// log writes a line every few seconds, for files and other programs.
type log struct {
	meter
	out  io.Writer
	last time.Time
}

const logEvery = 5 * time.Second

func newLog(out io.Writer, total int64, before Summary, now func() time.Time) *log {
	return &log{meter: newMeter(total, before, now), out: out, last: now()}
}

func (l *log) At(done Summary, offset int64) {
	now := l.now()
	if now.Sub(l.last) < logEvery {
		return
	}
	l.last = now
	line := fmt.Sprintf("%d rows, %d rejected, %.0f rows/s", done.Rows, done.Rejected, l.rate(done.Rows))
	if left, ok := l.left(done.Rows, offset); ok {
		line += fmt.Sprintf(", %d%%, %v left", 100*offset/l.total, left)
	}
	_, _ = fmt.Fprintln(l.out, line)
}

func (*log) Close() {}

// bar is a progress bar with rate and time left.
type bar struct {
	meter
	container *mpb.Progress
	bar       *mpb.Bar
	text      chan string // holds the newest
}

func newBar(out io.Writer, total int64, before Summary) *bar {
	b := &bar{meter: newMeter(total, before, time.Now), text: make(chan string, 1)}
	b.container = mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(200*time.Millisecond))
	shown := ""
	newest := decor.Any(func(decor.Statistics) string {
		select {
		case shown = <-b.text:
		default:
		}
		return shown
	})
	if total == 0 {
		b.bar = b.container.AddSpinner(0, mpb.AppendDecorators(newest))
		return b
	}
	b.bar = b.container.AddBar(total, mpb.PrependDecorators(decor.Percentage(decor.WCSyncSpace)), mpb.AppendDecorators(newest))
	return b
}

func (b *bar) At(done Summary, offset int64) {
	text := fmt.Sprintf(" %d rows, %d rejected, %.0f rows/s", done.Rows, done.Rejected, b.rate(done.Rows))
	if left, ok := b.left(done.Rows, offset); ok {
		text += fmt.Sprintf(", %v left", left)
	}
	select {
	case <-b.text:
	default:
	}
	b.text <- text // one writer: there is room
	b.bar.SetCurrent(offset)
}

func (b *bar) Close() {
	b.bar.Abort(false)
	b.container.Wait()
}
