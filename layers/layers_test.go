package layers

import (
	"os"
	"testing"
	"testing/fstest"
)

func TestImportsOnlyPointDown(t *testing.T) {
	broken, err := Check(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range broken {
		t.Error(b)
	}
}

// A checker is trusted only after it has failed on a broken tree.
func TestABrokenTreeIsSeen(t *testing.T) {
	imports := func(target string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("package p\nimport _ \"" + module + target + "\"\n")}
	}
	for name, file := range map[string]*fstest.MapFile{
		"internal/customer/up.go":           imports("internal/journal"),
		"internal/journal/upward.go":        imports("internal/app"),
		"internal/app/driver.go":            imports("internal/eventstore/sqlite"),
		"internal/eventstore/sqlite/x.go":   imports("internal/eventstore/postgres"),
		"internal/eventstore/memory/dom.go": imports("internal/customer"),
		"internal/util/util.go":             {Data: []byte("package util\n")},
		"client/borrowed.go":                imports("internal/fault"),
		"client/borrowed_test.go":           imports("internal/fault"),
		"client/gen/borrowed.go":            imports("cmd/customers"),
		"examples/orders/borrowed.go":       imports("internal/activity"),
		"examples/orders/generator.go":      imports("client/gen"),
		"internal/app/client.go":            imports("client"),
	} {
		broken, err := Check(fstest.MapFS{name: file})
		if err != nil || len(broken) == 0 {
			t.Errorf("%s went unseen (%v)", name, err)
		}
	}
	good := fstest.MapFS{"internal/eventstore/sqlite/x.go": imports("internal/eventstore"), "cmd/customers/b.go": imports("internal/eventstore/sqlite"),
		"examples/orders/main.go": imports("client"), "examples/orders/main_test.go": imports("examples/internal/service")}
	if broken, err := Check(good); err != nil || len(broken) != 0 {
		t.Errorf("a sound tree is refused: %v %v", broken, err)
	}
}
