// Package live shows a crawl that runs: a page that moves, by server-sent events, the figures in the format of
// Prometheus, whether it is well, and the profiles of the runtime. It can pause and resume the crawl, for who has
// the token.
//
// The one rule: the crawl does not wait for it. It asks the crawl for figures once for all who look, seldom when
// nobody does, and no faster for many than for one; who reads slowly gets fewer figures, and in the end is dropped.
//
// Left out: encryption (a proxy or a tunnel has that), the records, and what a crawl did before it was looked at,
// but for the last minutes.
package live
