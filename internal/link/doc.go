// Package link is what a URL is: parsed, resolved and written as the URL standard (url.spec.whatwg.org) has it,
// so that crawl goes where a browser would go. Only http and https URLs are URLs here.
//
// Its one rule: there is one spelling. Two URLs mean the same to a browser if, and only if, their strings are
// the same.
//
// What is written in that spelling already, as nearly all of a list and of a page's links are, is recognised in one
// pass (plain.go); the rest is left to the library that implements the standard (parse.go), but for hosts, which are
// parsed here (host.go).
//
// What links a document has is found by an [Extractor] while it arrives: the scanner finds elements, elements.go says
// what they mean, css.go reads style sheets, and references are kept as they are written (refs.go) and resolved at the end, each
// once. A document in another encoding than UTF-8 is transcoded before it is scanned (transcode.go). [Canon]
// says which URLs are the same page to a crawl.
//
// Left out: which links are followed, and links in scripts.
package link
