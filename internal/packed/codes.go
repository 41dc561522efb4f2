package packed

import "encoding/binary"

// Codes keeps a code of each number, in as many bytes as the largest needs. 0 is
// none, and what was never set.
type Codes struct {
	bytes []byte
	width int // 1, 2 or 4; 0 before the first
}

// Get gives the code of a number.
func (c *Codes) Get(of uint32) uint32 {
	at := int(of) * c.width
	if at >= len(c.bytes) {
		return 0
	}
	switch c.width {
	case 1:
		return uint32(c.bytes[at])
	case 2:
		return uint32(binary.LittleEndian.Uint16(c.bytes[at:]))
	}
	return binary.LittleEndian.Uint32(c.bytes[at:])
}

// Set replaces it.
func (c *Codes) Set(of, code uint32) {
	for c.width == 0 || code>>(8*c.width) > 0 {
		c.widen()
	}
	c.bytes = Grown(c.bytes, int(of+1)*c.width)
	switch at := int(of) * c.width; c.width {
	case 1:
		c.bytes[at] = byte(code)
	case 2:
		binary.LittleEndian.PutUint16(c.bytes[at:], uint16(code))
	default:
		binary.LittleEndian.PutUint32(c.bytes[at:], code)
	}
}

func (c *Codes) widen() {
	if c.width == 0 {
		c.width = 1
		return
	}
	wide := make([]byte, 2*len(c.bytes))
	for i := range len(c.bytes) / c.width {
		copy(wide[2*i*c.width:], c.bytes[i*c.width:][:c.width])
	}
	c.bytes, c.width = wide, 2*c.width
}

// Bytes is what they take.
func (c *Codes) Bytes() int { return cap(c.bytes) }

// Grown makes a column n long. One that is full grows by a quarter: so each value
// is copied a few times only, however many there are.
func Grown[T any](column []T, n int) []T {
	switch {
	case n <= len(column):
		return column
	case n <= cap(column): // never used, so it is zero
		return column[:n]
	}
	more := make([]T, n, max(n, len(column)+len(column)/4))
	copy(more, column)
	return more
}
