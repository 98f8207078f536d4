package link

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// FuzzScanner: any document is to the scanner what it is to the oracle, in whole, and split at the places that the second
// number makes up.
func FuzzScanner(f *testing.F) {
	for i, c := range scanCases {
		for _, document := range c.documents {
			f.Add(document, uint64(i))
		}
	}
	f.Add(string(generatedPage()[:3000]), uint64(1))
	f.Fuzz(func(t *testing.T, document string, splits uint64) {
		want := tokenize(document)
		if got := scanWhole(t, []byte(document)); !slices.Equal(got, want) {
			t.Fatalf("%q:\nscanner %q\noracle  %q", document, got, want)
		}
		random := rand.New(rand.NewPCG(splits, 0))
		stretches := pieces([]byte(document), random)
		if got := scanWhole(t, stretches...); !slices.Equal(got, want) {
			t.Fatalf("%q:\nscanner %q\noracle  %q", stretches, got, want)
		}
	})
}

// FuzzNesting is the same for documents of tags that decide what others are, which bytes at random seldom make.
func FuzzNesting(f *testing.F) {
	tags := strings.Fields("a p b div span svg math g desc foreignObject title mi mo annotation-xml mglyph template table td style " +
		"script button select font li br img /a /p /b /div /span /svg /math /g /desc /foreignObject /title /mi /mo /annotation-xml " +
		"/template /table /td /style /button /select /font /li /br ![CDATA[ ]] svg/ mi/ script/ !-- -- annotation-xml_encoding=text/html font_size")
	f.Add([]byte{0})
	f.Add([]byte("svg, desc, template"))
	for i := range 20 {
		random := rand.New(rand.NewPCG(uint64(i), 0))
		p := make([]byte, 5+i)
		for i := range p {
			p[i] = byte(random.IntN(256))
		}
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		var b strings.Builder
		for _, c := range choices {
			b.WriteString("<" + strings.ReplaceAll(tags[int(c)%len(tags)], "_", " ") + "><a href=" + string(rune('0'+b.Len()%10)) + ">")
		}
		document := b.String()
		want := tokenize(document)
		for _, p := range [][][]byte{{[]byte(document)}, slices.Collect(slices.Chunk([]byte(document), 1))} {
			if got := scanWhole(t, p...); !slices.Equal(got, want) {
				t.Fatalf("%q:\nscanner %q\noracle  %q", document, got, want)
			}
		}
	})
}
