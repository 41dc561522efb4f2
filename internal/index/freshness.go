package index

import "time"

// Freshness lowers what a read demands. The zero value demands everything that
// was committed before the read.
type Freshness struct {
	MinPosition int64         // a position that the caller knows; 0: the head
	MaxAge      time.Duration // an answer may be this old; 0: not at all
}
