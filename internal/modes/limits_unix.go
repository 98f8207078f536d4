//go:build unix

package modes

import "golang.org/x/sys/unix"

// descriptors is how many descriptors this process may have. Go has raised the soft limit to the hard one at start-up.
func descriptors() int {
	const most = 1 << 20 // more than anybody needs, where there is no limit
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return most
	}
	return int(min(uint64(limit.Cur), most))
}
