// Package modes does the same work in each of the models of concurrency that are compared: a list of
// URLs, fetched once each, by blocking sockets one at a time, by processes, by threads, by callbacks,
// by coroutines on the loop, by goroutines, and by the standard client as it is usually written.
//
// Its one rule: what is timed is the work and nothing else. Everything is allocated before it begins,
// and what a run has found out is written down when it is over.
//
// It leaves out what a crawl does besides fetching (lists, ledger, records): that costs the same in
// every mode. And it judges nothing: whether the work was done, and what the figures mean, is for
// whoever started the run.
package modes
