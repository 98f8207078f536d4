// Package crawler is the crawl: it takes URLs from a [Source], has them fetched by as many tasks as it may,
// keeps the ledger of every URL, retries what may go better, and hands a [Record] of each URL to a [Sink].
//
// Its one rule: the ledger is exact. At every instant discovered = fetched + failed + skipped + pending, and a
// URL that was discovered ends in exactly one record; but where links are followed, what is passed over because of the
// crawl's own limits is only counted, unless its records are asked for.
//
// Left out for now: durable state. How a URL is fetched is package fetch's; which is next, and when, frontier's.
package crawler
