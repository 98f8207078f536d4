package link

// tag is the name of an element that bears links, or says how those of others are meant.
type tag uint8

const (
	tagNone tag = iota
	tagA
	tagArea
	tagAudio
	tagBase
	tagEmbed
	tagForm
	tagFrame
	tagHTML
	tagIframe
	tagImg
	tagInput
	tagLink
	tagMeta
	tagObject
	tagScript
	tagSource
	tagStyle
	tagTitle
	tagTrack
	tagVideo
)

// attribute is the name of an attribute that says where a link leads, or what it is.
type attribute uint8

const (
	attrAction attribute = iota
	attrCharset
	attrContent
	attrData
	attrHref
	attrHTTPEquiv
	attrImagesrcset
	attrLang
	attrMedia
	attrMethod
	attrName
	attrPoster
	attrRel
	attrSrc
	attrSrcset
	attrType
	nAttributes
)

// element is a start tag in the HTML namespace, with those of its attributes that matter. Of two attributes of one
// name the first counts. Names are compared without regard to case (ASCII).
type element struct {
	tag   tag
	has   uint32              // bit 1<<attribute: it is there, and may be empty
	value [nAttributes][]byte // character references decoded; in the document's encoding; only where has says so
}

// get is the value of an attribute; ok says whether it is there.
func (e *element) get(a attribute) (value []byte, ok bool) {
	if e.has&(1<<a) == 0 {
		return nil, false
	}
	return e.value[a], true
}

// A reader is told what a document has, in its order. What it is given is valid during the call.
type reader interface {
	// element is a start tag whose name is a tag.
	element(e *element)
	// text is a stretch of the text in a title (character references decoded; escapable raw text) or in a style
	// element (as it is written; raw text); last comes once behind each such start tag, with the last stretch, which
	// may be empty: at the end tag, or at the end of the document.
	text(t tag, p []byte, last bool)
}
