// Package item takes typed values out of HTML documents: what a selector finds, as a reader sees it, is a string, a number,
// a date, or no such thing, and then that is said instead.
//
// Its one rule: a document can only be wrong, never an error that ends anything. Whatever its bytes are, there is a Result,
// within limits of time and size that do not depend on who wrote it.
//
// CSS selectors are cascadia's, XPath is antchfx's, the tree is that of x/net/html, which is what browsers make of the same
// bytes without scripts. Schemas are TOML (schema.go).
//
// Left out: fetching, and how values are written.
package item
