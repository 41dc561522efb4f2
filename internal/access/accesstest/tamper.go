package accesstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/google/uuid"

	"github.com/acme/customers/internal/access"
)

// edited shows rows as somebody with the file in hand could have left them.
type edited struct {
	access.Store
	edit func([]access.Group) []access.Group
}

func (s edited) Scan(ctx context.Context, after access.ID, limit int) ([]access.Group, error) {
	all, err := s.Store.Scan(ctx, after, limit)
	if err != nil || len(all) == 0 {
		return all, err
	}
	return s.edit(all), nil
}

func (s edited) Read(ctx context.Context, ids ...access.ID) ([]access.Group, error) {
	all, err := s.Store.Read(ctx, ids...)
	if err != nil || len(all) < 3 {
		return all, err
	}
	return s.edit(all), nil
}

// edits are everything that a row can be changed in. The first changes
// nothing: Check must not cry wolf.
var edits = map[string]func([]access.Group) []access.Group{
	"none":     func(g []access.Group) []access.Group { return g },
	"seq":      one(func(g *access.Group) { g.Seq += 1000 }),
	"writer":   one(func(g *access.Group) { g.Writer = uuid.New() }),
	"from":     one(func(g *access.Group) { g.From = g.From.Add(-time.Microsecond) }),
	"to":       one(func(g *access.Group) { g.To = g.To.Add(time.Hour) }),
	"entries":  one(func(g *access.Group) { g.Entries-- }),
	"reads":    one(func(g *access.Group) { g.Reads++ }),
	"ordinals": one(func(g *access.Group) { g.Ordinals, _ = roaring.BitmapOf(4711).ToBytes() }),
	"sealed":   one(func(g *access.Group) { g.Sealed[len(g.Sealed)/2] ^= 1 }),
	"cut":      one(func(g *access.Group) { g.Sealed = g.Sealed[:len(g.Sealed)-1] }),
	"swapped":  func(g []access.Group) []access.Group { g[0].Sealed, g[1].Sealed = g[1].Sealed, g[0].Sealed; return g },
	"removed":  func(g []access.Group) []access.Group { return append(g[:1:1], g[2:]...) },
}

func one(edit func(*access.Group)) func([]access.Group) []access.Group {
	return func(g []access.Group) []access.Group { edit(&g[1]); return g }
}

// tampered: Check notices each edit, and a customer is told that there is a
// row it cannot see instead of nothing.
func tampered(t *testing.T, open Open) {
	store, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	v := Vault(t)
	l := access.Open(store, v, nil)
	all := entries(6, 8, 1) // all about ordinal 0
	if err := record(t.Context(), l, all, 1); err != nil {
		t.Fatal(err)
	}
	l.Close()
	for name, edit := range edits {
		l := access.Open(edited{store, edit}, v, nil)
		_, err := l.Check(t.Context())
		if want := name != "none"; errors.Is(err, access.ErrCorrupt) != want {
			t.Errorf("%s: Check says %v", name, err)
		}
		got, _, err := l.Of(t.Context(), who(0), 0, "", 100)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		unreadable := 0
		for _, e := range got {
			if e.Unreadable {
				unreadable++
			}
		}
		switch {
		case name == "none" && (unreadable != 0 || len(got) != len(want(all, 0))):
			t.Errorf("%s: %d entries, %d unreadable", name, len(got), unreadable)
		case name != "none" && name != "removed" && unreadable == 0:
			t.Errorf("%s: the customer is shown nothing of it", name)
		}
		l.Close()
	}
}
