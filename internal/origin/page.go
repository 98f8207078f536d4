package origin

import (
	"strconv"
	"strings"
)

// A page is: opening, all links but the last, filler, the last link, closing. The filler makes up
// what is missing to the exact size. The last link stands at the very end, so that a client which
// stops reading early misses it.

const (
	pageMiddle  = "<p>"
	pageClosing = "</p>\n"
	pageEnd     = "</body>\n</html>\n"
)

// pageSize returns the length of the body of page n of the host in bytes.
func (w *Web) pageSize(host, n int) int {
	if w.cfg.Size.Min == w.cfg.Size.Max {
		return w.cfg.Size.Min
	}
	return w.cfg.Size.at(unit(draw(w.cfg.Seed, forSize, uint64(host), uint64(n), 0)))
}

// appendTop appends what stands before the filler of page n of the host.
func (w *Web) appendTop(dst []byte, host, n int) []byte {
	dst = appendOpening(dst, w.hosts[host], n)
	for k := range w.cfg.Links - 1 {
		dst = w.appendLink(dst, host, n, k)
	}
	return append(dst, pageMiddle...)
}

// appendBottom appends what stands behind the filler.
func (w *Web) appendBottom(dst []byte, host, n int) []byte {
	dst = append(dst, pageClosing...)
	if w.cfg.Links > 0 {
		dst = w.appendLink(dst, host, n, w.cfg.Links-1)
	}
	return append(dst, pageEnd...)
}

func appendOpening(dst []byte, host string, n int) []byte {
	dst = append(dst, "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Page "...)
	dst = strconv.AppendInt(dst, int64(n), 10)
	dst = append(dst, " of "...)
	dst = append(dst, host...)
	return append(dst, "</title></head>\n<body>\n"...)
}

func (w *Web) appendLink(dst []byte, host, n, k int) []byte {
	toHost, toPage := w.link(host, n, k)
	dst = append(dst, `<div><a href="`...)
	if k < w.localLinks() {
		dst = appendPagePath(dst, toPage)
	} else {
		dst = w.appendPageURL(dst, toHost, toPage)
	}
	dst = append(dst, `">page `...)
	dst = strconv.AppendInt(dst, int64(toPage), 10)
	return append(dst, "</a></div>\n"...)
}

// leastPage returns a size that holds the links of every page. It takes each link for as long as
// the longest can be, so it may ask for a little more than needed.
func (w *Web) leastPage() int {
	longest := 0
	for h := range w.hosts {
		if len(w.hosts[h]) > len(w.hosts[longest]) {
			longest = h
		}
	}
	last := w.cfg.Pages - 1
	link := len(w.appendPageURL(nil, longest, last)) + len(strconv.Itoa(last)) + len("<div><a href=\"\">page </a></div>\n")
	return len(appendOpening(nil, w.hosts[longest], last)) + len(pageMiddle) + len(pageClosing) + len(pageEnd) + w.cfg.Links*link
}

// pageBody returns the whole body of page n of the host.
func (w *Web) pageBody(host, n int) []byte {
	size := w.pageSize(host, n)
	bottom := w.appendBottom(nil, host, n)
	body := w.appendTop(make([]byte, 0, size), host, n)
	fill := size - len(bottom) - len(body)
	for off := w.fillerStart(host, n); fill > 0; {
		part := w.cut(off, fill)
		body = append(body, part...)
		off, fill = off+len(part), fill-len(part)
	}
	return append(body, bottom...)
}

// fillerStart is where in the text the filler of a page begins.
func (w *Web) fillerStart(host, n int) int {
	return int(draw(w.cfg.Seed, forFiller, uint64(host), uint64(n), 0) % textSize)
}

// textSize is the length in bytes of the prose that is repeated without end. It is enough to give
// pages different texts, and little enough to stay in the cache of a core.
const textSize = 64 << 10

// cut returns up to n bytes of the endless text from offset off, which may be of any size: what is
// left before the text repeats. It never returns none for n > 0.
func (w *Web) cut(off, n int) []byte {
	rest := w.text[off%textSize:]
	return rest[:min(n, len(rest))]
}

// Filler returns the first n bytes of the endless text of this web. It is the body of every
// response under /f/ that is documented to have one of n bytes.
func (w *Web) Filler(n int) []byte {
	b := make([]byte, 0, n)
	for len(b) < n {
		b = append(b, w.cut(len(b), n-len(b))...)
	}
	return b
}

// prose returns textSize bytes of made-up sentences, one a line, in ASCII and free of the
// characters that HTML escapes.
func prose(seed uint64) []byte {
	words := strings.Fields(vocabulary)
	b := make([]byte, 0, textSize+256)
	for i := uint64(0); len(b) < textSize; i++ {
		x := draw(seed, forText, i, 0, 0)
		for k := range 5 + x%8 {
			word := words[draw(seed, forText, i, k+1, 0)%uint64(len(words))]
			if k == 0 {
				b = append(b, word[0]-'a'+'A')
				b = append(b, word[1:]...)
				continue
			}
			b = append(append(b, ' '), word...)
		}
		b = append(b, ".\n"...)
	}
	return b[:textSize]
}

const vocabulary = `a across address after again all an and answer any as at bay bed before bell between
boat branch bridge by calm chart city clear cloud coast cold corner day deep door down early east every
far field fire first five for from garden gate glass green ground half harbour here hill house hundred in
into island keep lamp last late leaf letter light line little long many map market mile mill moon morning
mountain near net never new night no north now of old on one open or over page paper path place plain port
question quiet rain reader right river road rock roof room round sail salt sea second seven ship shore
short signal sky slow small snow some song south stair star still stone storm street summer sun ten the
then three through tide time to tower town tree two under up valley village wait wall warm water way west
where while wind window winter with wood word work year`
