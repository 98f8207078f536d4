// Package robots is what a robots.txt says, as RFC 9309 has it: which URLs of a host a crawler may ask for, how long it
// should wait between two, and what to believe when the file cannot be had.
//
// Its one rule: in doubt it forbids. Where two readings of a line are possible and only one of them lets a crawler in, it
// stays out.
//
// [Parse] keeps of a file what one crawler has to obey, as few bytes, for a crawl may have to keep a million of them.
// [Rules.Allowed] answers from that within a bound, whatever the file says. [Known] goes from one fetch of the file to the
// next. Fetching is the crawler's, and so is resolving the URLs of sitemaps; time is an argument.
//
// Where RFC 9309 leaves it open, it does what Google's parser does: names of lines that are often misspelled, a missing
// colon, lines that are too long. It does not know Google's extras: that "Allow: /x/index.html" is about "/x/" too, and that
// 404 is not what 410 is. docs/robots.md has the list.
package robots
