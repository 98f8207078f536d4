// Package crawler is the crawl: it takes URLs from a [Source], has them fetched by as many tasks as it may,
// keeps the ledger of every URL, retries what may go better, and hands a [Record] of each URL to a [Sink].
//
// Its one rule: the ledger is exact. At every instant discovered = fetched + failed + skipped + pending, and a
// URL that was discovered ends in exactly one record.
//
// Left out for now: following links, robots.txt, durable state. How a URL is fetched is package fetch's.
package crawler
