package main

import (
	"strings"

	"crawl/internal/crawler"
	"crawl/internal/link"
)

// parseSitemaps reads the values of --sitemaps.
func parseSitemaps(values []string) (s crawler.Sitemaps, err error) {
	off := false
	for _, value := range values {
		for _, word := range splitSitemaps(value) {
			switch {
			case word == "off":
				off = true
			case word == "auto":
				s.Auto = true
			case !isWebURL(word):
				return s, usageError("--sitemaps %q: must be auto, off, or an http:// or https:// URL", word)
			default:
				u, err := link.Parse(word)
				if err != nil {
					return s, usageError("--sitemaps %q: %w", word, err)
				}
				if _, _, has := u.Userinfo(); has {
					return s, usageError("--sitemaps: user and password in a URL are not kept where links are followed; see -u")
				}
				if u.Port() == 0 {
					return s, usageError("--sitemaps %q: port 0 cannot be connected to", word)
				}
				s.Given = append(s.Given, u)
			}
		}
	}
	if off && (s.Auto || len(s.Given) > 0) {
		return s, usageError("--sitemaps off, and something else: it is one or the other")
	}
	return s, nil
}

// splitSitemaps splits a list at its commas, but for those within a URL: what follows one of a list is a word, or a URL.
func splitSitemaps(list string) (words []string) {
	for part := range strings.SplitSeq(list, ",") {
		if len(words) > 0 && part != "auto" && part != "off" && !isWebURL(part) && isWebURL(words[len(words)-1]) {
			words[len(words)-1] += "," + part
			continue
		}
		words = append(words, part)
	}
	return words
}
