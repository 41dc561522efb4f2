package client

import (
	"fmt"
	"iter"
)

// Page is a part of a list: what Limit says at most (0: 50), after what Cursor
// says, the Next of the page before.
type Page struct {
	Cursor string
	Limit  int64
}

// pages gives the items of one page after the other. A page may be empty and
// still not be the last; only one without a cursor is.
func pages[T any](cursor string, get func(cursor string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for at := cursor; ; {
			items, next, err := get(at)
			if err == nil && next != "" && next == at {
				err = fmt.Errorf("%w: a page is its own next", ErrContract)
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if err != nil {
				var none T
				yield(none, err)
			}
			if err != nil || next == "" {
				return
			}
			at = next
		}
	}
}
