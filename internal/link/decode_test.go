package link

import (
	"strings"
	"testing"
)

// TestDecode: a whole document is read as an Extractor reads it: by the mark, the header, or what it says itself.
func TestDecode(t *testing.T) {
	long := strings.Repeat("x\xe9", 5000)
	cases := []struct{ label, doc, text, name string }{
		{"", "caf\xe9 \x80", "café €", "windows-1252"},
		{"utf-8", "caf\xe9", "caf\xe9", "utf-8"},
		{"koi8-r", "\xc1", "а", "koi8-r"},
		{"latin1", "\xef\xbb\xbfé", "é", "utf-8"},
		{"", "\xff\xfea\x00b\x00", "ab", "utf-16le"},
		{"", "<meta charset=koi8-r>\xc1", "<meta charset=koi8-r>а", "koi8-r"},
		{"shift_jis", "\x82\xa0\x82", "あ\ufffd", "shift_jis"},
		{"", "", "", "windows-1252"},
		{"no such thing", long, strings.Repeat("xé", 5000), "windows-1252"},
	}
	for _, c := range cases {
		text, name := Decode(HTML, c.label, []byte(c.doc))
		if string(text) != c.text || name != c.name {
			t.Errorf("%q as %q: %.40q in %s, want %.40q in %s", c.doc[:min(len(c.doc), 40)], c.label, text, name, c.text, c.name)
		}
		x := NewExtractor(ExtractorOptions{})
		x.Begin(HTML, c.label)
		x.Write([]byte("<title>" + c.doc + "</title>"))
		var u URL
		if page := x.End(&u); !strings.HasPrefix(c.doc, "\xef") && !strings.HasPrefix(c.doc, "\xff") && page.Charset != name {
			t.Errorf("%q as %q: %s, but the extractor has %s", c.doc, c.label, name, page.Charset)
		}
	}
}
