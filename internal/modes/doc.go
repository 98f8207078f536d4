// Package modes does the same work in each of the models of concurrency that are compared: a list of
// URLs, fetched once each, by blocking sockets one at a time, by processes, by threads, by callbacks,
// by coroutines on the loop, by goroutines, and by the standard client as it is usually written.
//
// Its one rule: what is timed is the work and nothing else. The list, the room for what there is to
// note, and the engine are there before it begins; what the model needs for its fetches, it allocates
// itself, for that is what it costs. What a run has found out is written down when it is over.
//
// All modes have the same client of package fetch, but for Callbacks and NetHTTP, which could not; the
// same limits, classes of error and retries; and Go's garbage collector as it is by default. Where they
// differ in spite of that, their functions say so.
//
// It leaves out what a crawl does besides fetching (lists, ledger, records): that costs the same in
// every mode. And it judges nothing: whether the work was done, and what the figures mean, is for
// whoever started the run.
package modes
