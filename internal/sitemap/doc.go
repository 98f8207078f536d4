// Package sitemap reads the lists of pages that sites publish: sitemaps and their indexes (sitemaps.org), RSS, Atom,
// and plain text, packed with gzip or not. A [Parser] is written to as the document arrives, and gives away each entry
// when it is complete.
//
// Its one rule: what a document is, its bytes say. Media types, names of files and namespaces are often wrong, and
// what servers call XML is often not quite. So whatever can be read is read, each entry with what there is of it; a
// document that is nothing of the kind is an error and not an empty list. The result is the same however the document
// is split, and memory does not grow with it: a parser holds one entry, the names of the elements it is in, and one tag.
//
// Nothing is ever fetched on a document's behalf, and no entity is expanded but the five of XML and character
// references: a document that declares entities is refused where it does so.
//
// Between the pieces that it is given a parser waits for nobody, and it has no goroutine; who shares its thread takes them in steps (Feed, Next). It unpacks in a coroutine of
// package coding, so all pieces of one document have to come from one goroutine or locked thread.
//
// Left out: fetching, and what a crawl does with an entry.
package sitemap
