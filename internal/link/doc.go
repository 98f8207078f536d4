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
// Left out: finding links in documents.
package link
