package link

import "strings"

// What the elements of a page mean: Extractor is the reader of its scanner.

// element implements reader.
func (x *Extractor) element(e *element) {
	switch e.tag {
	case tagA:
		x.addLink(e, attrHref, KindA)
	case tagArea:
		x.addLink(e, attrHref, KindArea)
	case tagBase:
		if href, ok := e.get(attrHref); ok && !x.hasBase {
			x.hasBase = true
			if len(href) <= MaxURL { // else it is no URL, and the document's own counts
				x.base = append(x.base, href...)
			}
		}
	case tagForm:
		method, _ := e.get(attrMethod)
		if !isWord(method, "post") && !isWord(method, "dialog") {
			if action, _ := e.get(attrAction); len(trimURL(action)) > 0 {
				x.addLink(e, attrAction, KindForm)
			}
		}
	case tagHTML:
		if lang, ok := e.get(attrLang); ok && !x.hasLang {
			x.hasLang, x.lang = true, append(x.lang, lang[:min(len(lang), maxLang)]...)
		}
	case tagLink:
		x.link(e)
	case tagMeta:
		x.meta(e)
	case tagTitle:
		x.titles++
	default:
		x.embedded(e)
	}
}

// text implements reader.
func (x *Extractor) text(t tag, p []byte, last bool) {
	switch t {
	case tagTitle:
		if x.titles == 1 {
			x.title = append(x.title, p[:min(len(p), maxRawTitle-len(x.title))]...)
		}
	case tagStyle:
		x.style.write(p)
		if last {
			x.style.close()
		}
	}
}

// addLink adds a link that an author may vouch for or not.
func (x *Extractor) addLink(e *element, a attribute, kind Kind) {
	ref, ok := e.get(a)
	if !ok {
		return
	}
	nofollow := false
	if rel, ok := e.get(attrRel); ok {
		nofollow = parseRel(string(rel)).nofollow
	}
	x.add(ref, kind, nofollow, 0)
}

// addSource adds what is part of the page. An empty attribute is none.
func (x *Extractor) addSource(e *element, a attribute, kind Kind) {
	if ref, _ := e.get(a); len(trimURL(ref)) > 0 {
		x.add(ref, kind, false, 0)
	}
}

func (x *Extractor) addSrcset(e *element, a attribute, kind Kind) {
	if value, ok := e.get(a); ok {
		for ref := range Srcset(string(value)) {
			x.add([]byte(ref), kind, false, 0)
		}
	}
}

// embedded adds what the elements refer to that show something.
func (x *Extractor) embedded(e *element) {
	switch e.tag {
	case tagFrame:
		x.addSource(e, attrSrc, KindFrame)
	case tagIframe:
		x.addSource(e, attrSrc, KindIframe)
	case tagImg:
		x.addSource(e, attrSrc, KindImage)
		x.addSrcset(e, attrSrcset, KindImage)
	case tagInput:
		if kind, _ := e.get(attrType); isWord(kind, "image") {
			x.addSource(e, attrSrc, KindImage)
		}
	case tagSource:
		x.addSource(e, attrSrc, KindMedia)
		x.addSrcset(e, attrSrcset, KindImage)
	case tagScript:
		x.addSource(e, attrSrc, KindScript)
	case tagAudio:
		x.addSource(e, attrSrc, KindMedia)
	case tagVideo:
		x.addSource(e, attrSrc, KindMedia)
		x.addSource(e, attrPoster, KindPoster)
	case tagTrack:
		x.addSource(e, attrSrc, KindTrack)
	case tagEmbed:
		x.addSource(e, attrSrc, KindEmbed)
	case tagObject:
		x.addSource(e, attrData, KindObject)
	}
}

// link adds what a link element relates the page to, if that relation is known here.
func (x *Extractor) link(e *element) {
	value, _ := e.get(attrRel)
	rel := parseRel(string(value))
	if rel.kind == KindNone {
		return
	}
	if ref, _ := e.get(attrHref); len(trimURL(ref)) > 0 {
		x.add(ref, rel.kind, rel.nofollow, 0)
	}
	if rel.kind == KindPreload {
		x.addSrcset(e, attrImagesrcset, KindPreload)
	}
}

// meta takes what is said of the page as a whole.
func (x *Extractor) meta(e *element) {
	content, _ := e.get(attrContent)
	if name, ok := e.get(attrName); ok {
		name = trimURL(name)
		if isWord(name, "robots") || x.options.Agent != "" && isWord(name, asciiLower(x.options.Agent)) {
			x.page.Robots = x.page.Robots.Or(ParseRobotsTag(string(content), x.options.Agent))
		}
	}
	equiv, _ := e.get(attrHTTPEquiv)
	switch {
	case isWord(equiv, "refresh"):
		if _, ref, ok := Refresh(string(content)); ok && ref != "" {
			x.add([]byte(ref), KindRefresh, false, 0)
		}
	case x.from == CharsetAssumed:
		c, ok := charset{}, false
		if label, has := e.get(attrCharset); has {
			c, ok = lookupCharset(string(label))
		} else if isWord(equiv, "content-type") {
			c, ok = contentCharset([]byte(strings.ToLower(string(content))))
		}
		if ok {
			x.redeclare(c.declared())
		}
	}
}

// isWord reports whether an attribute is word, which is in lower case, in any case.
func isWord(value []byte, word string) bool {
	if len(value) != len(word) {
		return false
	}
	for i, c := range value {
		if lower(c) != word[i] {
			return false
		}
	}
	return true
}
