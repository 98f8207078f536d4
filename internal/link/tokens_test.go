package link

import (
	"bytes"

	"golang.org/x/net/html"
)

// tokens tells a reader what a document has, by the tokenizer of golang.org/x/net/html. It holds the whole
// document, and knows neither raw text that scripting makes nor foreign elements: the oracle of TestElements.
type tokens struct {
	reader   reader
	document []byte
}

func (s *tokens) reset(r reader) { s.reader, s.document = r, s.document[:0] }

func (s *tokens) write(p []byte) { s.document = append(s.document, p...) }

func (s *tokens) close() {
	z := html.NewTokenizer(bytes.NewReader(s.document))
	inside := tagNone
	for {
		switch z.Next() {
		case html.ErrorToken:
			if inside != tagNone {
				s.reader.text(inside, nil, true)
			}
			return
		case html.TextToken:
			switch inside {
			case tagTitle:
				s.reader.text(inside, z.Text(), false)
			case tagStyle:
				s.reader.text(inside, z.Raw(), false)
			}
		case html.EndTagToken:
			if inside != tagNone {
				s.reader.text(inside, nil, true)
			}
			inside = tagNone
		case html.StartTagToken, html.SelfClosingTagToken:
			inside = s.start(z)
		}
	}
}

// start tells of a start tag; inside is its name, if it has text.
func (s *tokens) start(z *html.Tokenizer) (inside tag) {
	name, more := z.TagName()
	e := element{tag: tagNamed(string(name))}
	if e.tag == tagNone {
		return tagNone
	}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		a := attributeNamed(string(key))
		if a < nAttributes && e.has&(1<<a) == 0 {
			e.has |= 1 << a
			e.value[a] = value
		}
	}
	s.reader.element(&e)
	if e.tag == tagTitle || e.tag == tagStyle {
		return e.tag
	}
	return tagNone
}

func tagNamed(name string) tag {
	return map[string]tag{
		"a": tagA, "area": tagArea, "audio": tagAudio, "base": tagBase, "embed": tagEmbed, "form": tagForm, "frame": tagFrame,
		"html": tagHTML, "iframe": tagIframe, "img": tagImg, "input": tagInput, "link": tagLink, "meta": tagMeta,
		"object": tagObject, "script": tagScript, "source": tagSource, "style": tagStyle, "title": tagTitle, "track": tagTrack,
		"video": tagVideo,
	}[name]
}

func attributeNamed(name string) attribute {
	a, ok := map[string]attribute{
		"action": attrAction, "charset": attrCharset, "content": attrContent, "data": attrData, "href": attrHref,
		"http-equiv": attrHTTPEquiv, "imagesrcset": attrImagesrcset, "lang": attrLang, "media": attrMedia,
		"method": attrMethod, "name": attrName, "poster": attrPoster, "rel": attrRel, "src": attrSrc, "srcset": attrSrcset,
		"type": attrType,
	}[name]
	if !ok {
		return nAttributes
	}
	return a
}
