package crawler

import (
	"math/rand/v2"
	"time"

	"crawl/internal/fetch"
)

// maxRetryDelay bounds the exponential backoff.
const maxRetryDelay = time.Minute

// MaxRetryAfter is the longest wait that a server may ask for before a URL is tried again. A crawl does not stay for
// more: the URL is done, and its record says when it would have been welcome.
const MaxRetryAfter = 5 * time.Minute

// again reports whether the fetch that has ended, with that class, is to be made once more, and after what delay at least.
func (w *worker) again(class fetch.Class) (delay time.Duration, ok bool) {
	c, res, attempts := w.crawler, &w.response, w.job.attempts
	if attempts > c.options.Retries || c.dispatch.draining || !mayGoBetter(class, res.Status) || !w.mayRepeat() {
		return 0, false
	}
	delay = c.retryDelay(attempts)
	return max(delay, res.RetryAfter()+delay/2), true
}

// mayRepeat reports whether the fetch that has ended may be made once more: a request that may not be made twice where
// one was meant has to have gone nowhere, and a server that asks for a long wait is taken at its word.
func (w *worker) mayRepeat() bool {
	method := w.request.Method
	return w.response.RetryAfter() <= MaxRetryAfter && (method == "" || fetch.Idempotent(method) || !w.response.Sent)
}

// mayGoBetter: statuses that say so themselves (RFC 9110 section 15.5.9 and 15.6, RFC 6585), and failures that
// come and go.
func mayGoBetter(class fetch.Class, status int) bool {
	if class != fetch.OK {
		return class.Transient()
	}
	switch status {
	case 408, 429, 502, 503, 504:
		return true
	}
	return false
}

// retryDelay doubles with each attempt, half of it at random, so that what failed together does not come back together.
func (c *Crawler) retryDelay(attempts int) time.Duration {
	d := min(c.options.RetryDelay, maxRetryDelay) << min(attempts-1, 20)
	d = min(d, maxRetryDelay)
	return d/2 + rand.N(d/2+1)
}
