// Package frontiertest is the suite that every frontier.Frontier passes: what its methods promise, one by one; a long
// series of random calls beside an oracle that is slow and obvious; and crawls in a simulated time.
package frontiertest
