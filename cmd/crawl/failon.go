package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"crawl/internal/crawler"
	"crawl/internal/fetch"
)

// failOn is which ends of a URL make the command exit with 3, and whether invalid items do.
type failOn struct{ words []string }

// wordItems is the word for invalid items.
const wordItems = "items"

func (f *failOn) items() bool { return slices.Contains(f.words, wordItems) }

func (f *failOn) Type() string { return "list" }

func (f *failOn) String() string {
	if len(f.words) == 0 {
		return "error"
	}
	return strings.Join(f.words, ",")
}

// Set implements pflag.Value.
func (f *failOn) Set(s string) error {
	f.words = nil
	for _, word := range strings.Split(s, ",") {
		word = strings.TrimSpace(word)
		if !validFailOn(word) {
			return fmt.Errorf("%q is not error, any, none, items, a class, a family of classes, a status or one of 1xx to 5xx", word)
		}
		if n, err := strconv.Atoi(word); err == nil {
			word = strconv.Itoa(n) // as count writes it
		}
		f.words = append(f.words, word)
	}
	return nil
}

func validFailOn(word string) bool {
	switch word {
	case "error", "any", "none", wordItems, "1xx", "2xx", "3xx", "4xx", "5xx":
		return true
	}
	if n, err := strconv.Atoi(word); err == nil {
		return n >= 100 && n <= 999
	}
	return slices.ContainsFunc(advices(), func(a fetch.Advice) bool {
		return a.Class != fetch.OK && (string(a.Class) == word || a.Class.Family() == word)
	})
}

// count is how many URLs ended in one of the ways.
func (f *failOn) count(l *crawler.Ledger) (n int64) {
	for class, c := range l.Classes {
		names := []string{string(class), class.Family()}
		if !crawler.IsPassedOver(class) {
			names = append(names, "error", "any")
		}
		if class != fetch.OK && f.matches(names...) {
			n += c
		}
	}
	for status, c := range l.Statuses {
		words := []string{strconv.Itoa(status), fmt.Sprintf("%dxx", status/100)}
		if status >= 400 {
			words = append(words, "any")
		}
		if f.matches(words...) {
			n += c
		}
	}
	return n
}

func (f *failOn) matches(names ...string) bool {
	words := f.words
	if len(words) == 0 {
		words = []string{"error"}
	}
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(names, w) })
}
