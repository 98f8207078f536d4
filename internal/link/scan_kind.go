package link

// kind is what a start tag in HTML means to the scanner.
type kind struct {
	tag   tag
	opens bool   // what is in it may not be elements in the HTML namespace, or not elements of the document
	ends  string // its content is text up to the end tag of this name; "plaintext" has none
}

// kindOf is what the name of a tag means.
func kindOf(name []byte) kind {
	var buf [16]byte
	if len(name) > len(buf) {
		return kind{}
	}
	for i, c := range name {
		buf[i] = c | 0x20 // no other bytes than letters become letters
	}
	switch string(buf[:len(name)]) {
	case "a":
		return kind{tag: tagA}
	case "area":
		return kind{tag: tagArea}
	case "audio":
		return kind{tag: tagAudio}
	case "base":
		return kind{tag: tagBase}
	case "embed":
		return kind{tag: tagEmbed}
	case "form":
		return kind{tag: tagForm}
	case "frame":
		return kind{tag: tagFrame}
	case "html":
		return kind{tag: tagHTML}
	case "iframe":
		return kind{tag: tagIframe, ends: "iframe"}
	case "image", "img": // the standard: "Don't ask."
		return kind{tag: tagImg}
	case "input":
		return kind{tag: tagInput}
	case "link":
		return kind{tag: tagLink}
	case "math", "svg", "template":
		return kind{opens: true}
	case "meta":
		return kind{tag: tagMeta}
	case "noembed":
		return kind{ends: "noembed"}
	case "noframes":
		return kind{ends: "noframes"}
	case "noscript":
		return kind{ends: "noscript"}
	case "object":
		return kind{tag: tagObject}
	case "plaintext":
		return kind{ends: "plaintext"}
	case "script":
		return kind{tag: tagScript, ends: "script"}
	case "source":
		return kind{tag: tagSource}
	case "style":
		return kind{tag: tagStyle, ends: "style"}
	case "textarea":
		return kind{ends: "textarea"}
	case "title":
		return kind{tag: tagTitle, ends: "title"}
	case "track":
		return kind{tag: tagTrack}
	case "video":
		return kind{tag: tagVideo}
	case "xmp":
		return kind{ends: "xmp"}
	}
	return kind{}
}

// lengths has, for each first letter (its lower five bits), the lengths of the names that kindOf knows.
var lengths = lengthsOf("a", "area", "audio", "base", "embed", "form", "frame", "html", "iframe", "image", "img", "input", "link",
	"math", "svg", "template", "meta", "noembed", "noframes", "noscript", "object", "plaintext", "script", "source", "style",
	"textarea", "title", "track", "video", "xmp")

// attributeLengths is the same for attributeOf.
var attributeLengths = lengthsOf("action", "charset", "content", "data", "href", "http-equiv", "imagesrcset", "lang", "media",
	"method", "name", "poster", "rel", "src", "srcset", "type")

// lengthsOf makes such a table.
func lengthsOf(names ...string) (table [32]uint16) {
	for _, name := range names {
		table[name[0]&31] |= 1 << len(name)
	}
	return table
}

// mayMatter reports whether kindOf may know the name, and is quicker to say no.
func mayMatter(name []byte) bool {
	return lengths[name[0]&31]>>len(name)&1 != 0
}

// attributeOf is the attribute that a name means.
func attributeOf(name []byte) (a attribute, ok bool) {
	if attributeLengths[name[0]&31]>>len(name)&1 == 0 {
		return 0, false
	}
	var buf [16]byte
	for i, c := range name {
		buf[i] = c | 0x20 // no other bytes than letters become letters, and what becomes a hyphen is white space
	}
	switch string(buf[:len(name)]) {
	case "action":
		a = attrAction
	case "charset":
		a = attrCharset
	case "content":
		a = attrContent
	case "data":
		a = attrData
	case "href":
		a = attrHref
	case "http-equiv":
		a = attrHTTPEquiv
	case "imagesrcset":
		a = attrImagesrcset
	case "lang":
		a = attrLang
	case "media":
		a = attrMedia
	case "method":
		a = attrMethod
	case "name":
		a = attrName
	case "poster":
		a = attrPoster
	case "rel":
		a = attrRel
	case "src":
		a = attrSrc
	case "srcset":
		a = attrSrcset
	case "type":
		a = attrType
	default:
		return 0, false
	}
	return a, true
}
