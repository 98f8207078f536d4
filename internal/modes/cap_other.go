//go:build !linux

package modes

// taskBounds: what every system of today allows; only Linux is asked.
func taskBounds(each int) []bound {
	const everywhere = 2000
	return []bound{{everywhere / each, "only Linux tells how many threads and processes there may be; here it is 2000"}}
}

func memoryBound(int64, string) []bound { return nil }
