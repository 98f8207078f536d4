package origin

// Everything random here is a pure function of the seed and of what it is for. No generator has a
// state, so pages can be made in any order, by any number of goroutines, and of either server with
// the same seed. The arithmetic is written out, since the standard library may change its own.

// purpose keeps draws for different things apart.
type purpose uint64

const (
	forText purpose = iota + 1
	forSize
	forFiller
	forLink
	forLatency
)

// draw returns 64 bits for the purpose and the numbers a, b and c under seed.
func draw(seed uint64, p purpose, a, b, c uint64) uint64 {
	x := mix(seed + uint64(p)*0x9e3779b97f4a7c15)
	x = mix(x ^ a)
	x = mix(x ^ b)
	return mix(x ^ c)
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
// generators, 2014), with its increment, so that 0 does not stay 0.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit turns 64 random bits into a number u with 0 ≤ u < 1.
func unit(x uint64) float64 {
	return float64(x>>11) / (1 << 53)
}

// digest is FNV-1a of 64 bits.
func digest(b []byte) uint64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range b {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h
}
