package report

import (
	"bytes"
	"testing"
)

// BenchmarkReadCrawl is what a record costs.
func BenchmarkReadCrawl(b *testing.B) {
	text := written(1000)
	b.SetBytes(int64(len(text)) / 1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadCrawl(bytes.NewReader(text), "f", 10, noAdvice); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/record")
}
