package crawler

import "time"

// Settled is how many URLs are done with: fetched, failed or skipped.
func (l *Ledger) Settled() int64 { return l.Fetched + l.Failed + l.Skipped }

// Active is how long the crawl has run, without its pauses.
func (s *Stats) Active() time.Duration { return s.Elapsed - s.Idled }

// Total is how many URLs the crawl has, if its list has listSize bytes (0: not known). Until the list has ended that
// is a guess, which exact tells: the lines to come are as long as those so far. It is -1 if there is nothing to
// guess from. Where links are followed it is what was found so far, and exact only when nothing is left.
func (s *Stats) Total(listSize int64) (n int64, exact bool) {
	switch {
	case s.Walk != nil && s.ListDone: // pages that are still to come may lead to more
		return s.Ledger.Discovered, s.Ledger.Pending == 0
	case s.ListDone:
		return s.Ledger.Discovered, true
	case listSize <= 0 || s.ListRead == 0 || s.Ledger.Discovered == 0:
		return -1, false
	}
	return max(s.Ledger.Discovered, int64(float64(s.Ledger.Discovered)*float64(listSize)/float64(s.ListRead))), false
}

// IsGrowing reports whether Total is what was found so far, and may well become more.
func (s *Stats) IsGrowing() bool { return s.Walk != nil && s.ListDone && s.Ledger.Pending > 0 }

// See takes what only a look at hosts tells, for a better ETA.
func (s *Stats) See(l *HostList) {
	s.LongestQueue = l.LongestQueue()
	if s.Walk != nil {
		s.Walk.Critical = l.Critical
	}
}

// ETA guesses how long a crawl whose list has listSize bytes (0: not known) takes from now on, pauses left out. It
// is the longest of: what is left at the rate of all its running time; what is left at the rate that it was allowed; the longest
// queue of a host, if Stats knows of one, at the time that a fetch takes and as many at once as a host may have; or, where links are
// followed, what the critical host has left, whose name is returned if that is the longest. Of what is not found yet nothing is known.
// Without something to guess from, and for a crawl that is ending, it is false.
func (s *Stats) ETA(listSize int64) (left time.Duration, host string, ok bool) {
	total, _ := s.Total(listSize)
	done := s.Ledger.Settled()
	if total < 0 || done == 0 || s.Draining {
		return 0, "", false
	}
	urls := float64(max(0, total-done))
	seconds := urls * s.Active().Seconds() / float64(done)
	if s.Rate > 0 {
		begun := float64(s.InFlight) // these need no leave any more
		seconds = max(seconds, max(0, urls-begun)/s.Rate)
	}
	switch {
	case s.Walk != nil:
		if critical := s.Walk.Critical; critical.Left.Seconds() > seconds {
			seconds, host = critical.Left.Seconds(), critical.Host
		}
	case s.PerHost > 0:
		seconds = max(seconds, float64(s.LongestQueue)*s.Latency.Mean().Seconds()/float64(s.PerHost))
	}
	const most = 100 * 365 * 24 * 3600 // a Duration holds not much more
	return time.Duration(min(seconds, most) * float64(time.Second)), host, true
}
