package crawler

import (
	"context"
	"errors"
	"strings"

	"crawl/internal/engine"
	"crawl/internal/fetch"
	"crawl/internal/link"
)

// An Extract takes out of an HTML page what its record has besides; nil if there is nothing. It is called off the loop,
// for several pages at once. body is decoded, in the charset that Content-Type names; at is where it was found. The body is its
// own to keep.
type Extract func(body []byte, charset string, at *link.URL) *Extracted

// Extracted is what was taken out of a page, as JSON.
type Extracted struct {
	Names      []string // of Values, the same for all pages
	Values     [][]byte // nil where there is none
	Items      []byte   // an array
	ItemErrors []byte   // an array
	Err        error    // why nothing was
}

const (
	nameExtracted    = "extracted"
	nameItems        = "items"
	nameItemErrors   = "item_errors"
	nameExtractError = "extract_error"
)

// isTaken reports whether a field is of what was taken out of a page.
func isTaken(name string) bool {
	switch name {
	case nameExtracted, nameItems, nameItemErrors, nameExtractError:
		return true
	}
	return strings.HasPrefix(name, nameExtracted+".")
}

func (x *Extracted) append(b []byte) []byte {
	const opening = `,"extracted":{`
	before := len(b)
	b = append(b, opening...)
	for i, v := range x.Values {
		if len(v) > 0 {
			b = append(append(AppendString(b, x.Names[i]), ':'), v...)
			b = append(b, ',')
		}
	}
	if len(b) == before+len(opening) {
		b = b[:before]
	} else {
		b[len(b)-1] = '}'
	}
	b = appendRaw(b, `,"items":`, x.Items)
	b = appendRaw(b, `,"item_errors":`, x.ItemErrors)
	if x.Err != nil {
		b = AppendString(append(b, `,"extract_error":`...), x.Err.Error())
	}
	return b
}

func appendRaw(b []byte, name string, value []byte) []byte {
	if len(value) == 0 {
		return b
	}
	return append(append(b, name...), value...)
}

func extractedFields() []Field {
	of := func(get func(*Extracted) []byte) func(*Record) []byte {
		return func(r *Record) []byte {
			if r.Extracted == nil {
				return nil
			}
			return get(r.Extracted)
		}
	}
	return []Field{
		{Name: nameExtracted, About: "what `--extract` and `--schema` name"},
		{Name: nameItems, About: "objects: the items of a schema with `each`", raw: of(func(x *Extracted) []byte { return x.Items })},
		{Name: nameItemErrors, About: "objects: what is wrong in them", raw: of(func(x *Extracted) []byte { return x.ItemErrors })},
		{Name: nameExtractError, About: "why nothing was taken out of the page", text: func(r *Record) (string, bool) {
			if r.Extracted == nil || r.Extracted.Err == nil {
				return "", false
			}
			return r.Extracted.Err.Error(), true
		}},
	}
}

// takenFields are the parts of the field extracted.
func takenFields(names []string) []Field {
	var all []Field
	for i, name := range names {
		all = append(all, Field{Name: nameExtracted + "." + name, raw: func(r *Record) []byte {
			if r.Extracted == nil || i >= len(r.Extracted.Values) {
				return nil
			}
			return r.Extracted.Values[i]
		}})
	}
	return all
}

// maxPage is the longest page that is kept to be taken apart, in bytes.
const maxPage = 16 << 20

var errPageTooLong = errors.New("the page is longer than 16 MiB")

// keep keeps a stretch of the body if something is to be taken out of it. One that is too long is known by its length.
func (r *reading) keep(p []byte) {
	if isPage(r.response) && len(r.page) <= maxPage {
		r.page = append(r.page, p...)
	}
}

// extractions bounds how many pages are taken apart at once: that is work for a processor, of which the loop needs one.
type extractions struct {
	free int
	turn engine.Cond // there is one
}

// isPage reports whether something is to be taken out of the body of a response.
func isPage(res *fetch.Response) bool {
	kind, ok := link.DocumentOf(res.MediaType)
	return ok && kind == link.HTML && res.Status == 200
}

// extract takes out of the page that has been read what the record is to have, off the loop, and waits for that.
func (w *worker) extract(ctx context.Context) {
	c, page := w.crawler, w.body.page
	w.body.page = nil
	switch {
	case w.err != nil || ctx.Err() != nil:
		return
	case len(page) > maxPage:
		w.body.extracted = &Extracted{Err: errPageTooLong}
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.extracting.free == 0 {
		if c.extracting.turn.Wait(ctx) != nil {
			c.extracting.turn.Signal() // it may have been for this one
			return
		}
	}
	c.extracting.free--
	c.mu.Unlock()
	at := w.job.url
	if to := w.response.Redirection(); to != nil {
		at = to.FinalURL
	}
	charset := w.response.Charset
	done := new(*Extracted) // of its own: who is cancelled does not wait for it
	err := c.engine.Blocking(ctx, func() error {
		*done = c.options.Extract(page, charset, &at)
		return nil
	})
	c.mu.Lock()
	c.extracting.free++
	c.extracting.turn.Signal()
	switch {
	case err == nil:
		w.body.extracted = *done
	case ctx.Err() == nil: // it has panicked
		w.body.extracted = &Extracted{Err: err}
	}
}
