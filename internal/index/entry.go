package index

import "sync/atomic"

const (
	renderings   = 4        // field masks of which the bytes are kept
	maxRendering = 16 << 10 // bytes; a larger answer is made anew each time
)

// Entry is a state and its rendered answers, which are gone with it.
type Entry struct {
	Loaded
	rendered [renderings]atomic.Pointer[rendering]
}

type rendering struct {
	mask  uint32
	bytes []byte
}

// Rendered gives the bytes for a field mask, made by make when they are not
// kept yet. make must depend on the state and the mask alone. The bytes are
// shared: do not change them. Only the first four masks are kept, which are as
// many roles as read one customer.
func (e *Entry) Rendered(mask uint32, make func() []byte) []byte {
	for i := range e.rendered {
		r := e.rendered[i].Load()
		if r == nil {
			return e.render(i, mask, make())
		}
		if r.mask == mask {
			return r.bytes
		}
	}
	return make()
}

// render keeps bytes in the first free slot from i on.
func (e *Entry) render(i int, mask uint32, bytes []byte) []byte {
	if len(bytes) > maxRendering {
		return bytes
	}
	fresh := &rendering{mask, bytes}
	for ; i < renderings; i++ {
		if e.rendered[i].CompareAndSwap(nil, fresh) {
			return bytes
		}
		if r := e.rendered[i].Load(); r.mask == mask { // somebody was faster
			return r.bytes
		}
	}
	return bytes
}
