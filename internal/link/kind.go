package link

import (
	"strings"
)

// A Kind is by what a document leads to a URL.
type Kind uint8

// The kinds. First those that lead to other documents, then those that say how documents belong together, then what a page
// needs to be shown: see IsAsset.
const (
	KindNone       Kind = iota
	KindA               // a href
	KindArea            // area href
	KindFrame           // frame src
	KindIframe          // iframe src
	KindRefresh         // meta http-equiv=refresh
	KindForm            // form action, with method GET
	KindCanonical       // link rel=canonical; as the following also in a Link field
	KindNext            // rel=next
	KindPrev            // rel=prev, rel=previous
	KindAlternate       // rel=alternate: a translation, a feed
	KindStylesheet      // rel=stylesheet: the first asset
	KindIcon            // rel=icon, apple-touch-icon, mask-icon
	KindPreload         // rel=preload, rel=modulepreload
	KindManifest        // rel=manifest
	KindImage           // img, input type=image, source of a picture
	KindScript          // script src
	KindMedia           // audio, video, and source of these
	KindTrack           // track src
	KindPoster          // video poster
	KindEmbed           // embed src
	KindObject          // object data
	KindCSS             // url() in CSS
	KindImport          // @import in CSS
	nKinds
)

// String is the name of the kind: that of the element, or of the relation.
func (k Kind) String() string {
	return [nKinds]string{
		"none", "a", "area", "frame", "iframe", "refresh", "form", "canonical", "next", "prev", "alternate",
		"stylesheet", "icon", "preload", "manifest", "image", "script", "media", "track", "poster", "embed", "object", "css", "import",
	}[k]
}

// IsAsset reports whether a page needs it to be shown as it is meant: what a browser would fetch without being asked to,
// but for frames, which are pages themselves.
func (k Kind) IsAsset() bool { return k >= KindStylesheet }

// relation is what a rel attribute or parameter says: words in any case and order.
type relation struct {
	kind     Kind // KindNone: nothing that is known here
	nofollow bool
}

// parseRel takes the first word that is a kind, but a style sheet is one even if it is an alternate.
func parseRel(rel string) (r relation) {
	for word := range strings.FieldsFuncSeq(rel, func(c rune) bool { return c < 0x80 && isBlank(byte(c)) }) {
		kind := KindNone
		switch word = asciiLower(word); word {
		case "nofollow", "ugc", "sponsored": // the author does not vouch for it
			r.nofollow = true
		case "canonical":
			kind = KindCanonical
		case "next":
			kind = KindNext
		case "prev", "previous":
			kind = KindPrev
		case "alternate":
			kind = KindAlternate
		case "stylesheet":
			r.kind = KindStylesheet
		case "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon":
			kind = KindIcon
		case "preload", "modulepreload":
			kind = KindPreload
		case "manifest":
			kind = KindManifest
		}
		if r.kind == KindNone {
			r.kind = kind
		}
	}
	return r
}

// asciiLower is s in lower case as far as it is ASCII. Nothing is allocated for what is in lower case.
func asciiLower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j, c := range b {
				b[j] = lower(c)
			}
			return string(b)
		}
	}
	return s
}
