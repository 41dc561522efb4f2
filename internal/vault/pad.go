package vault

import "math/bits"

// Bucket is the padded size of a plaintext of n bytes: the smallest of
//
//	32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, …
//
// (powers of two and the values half way between) that holds it and its
// length (a uvarint). It hides whether a name has 4 or 14 letters and costs at
// most half again.
func Bucket(n int) int {
	need := n + uvarintLen(n)
	if need <= 32 {
		return 32
	}
	power := 1 << (bits.Len(uint(need-1)) - 1) // power < need <= 2*power
	if half := power + power/2; need <= half && half > 48 {
		return half
	}
	return 2 * power
}

func uvarintLen(n int) int { return max(1, (bits.Len(uint(n))+6)/7) }
