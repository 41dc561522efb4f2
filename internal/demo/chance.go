package demo

import "math/bits"

// chance gives the random numbers of one person: SplitMix64 (Steele, Lea,
// Flood 2014), because its few lines cannot change under us.
type chance uint64

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func newChance(seed, i uint64) *chance {
	c := chance(mix(mix(seed+0x9e3779b97f4a7c15) ^ i*0xd1342543de82ef95))
	return &c
}

func (c *chance) next() uint64 {
	*c += 0x9e3779b97f4a7c15
	return mix(uint64(*c))
}

// below is in [0, n). It leans by n/2^64 to small numbers: nobody can see it.
func (c *chance) below(n int) int {
	hi, _ := bits.Mul64(c.next(), uint64(n))
	return int(hi)
}

func (c *chance) percent(p int) bool { return c.below(100) < p }

func pick[T any](c *chance, of []T) T { return of[c.below(len(of))] }
