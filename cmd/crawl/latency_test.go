package main

import (
	"strings"
	"testing"
)

// The mean is of all records, in ns, and there is none unless each is of a page.
func TestTotalOf(t *testing.T) {
	const ok = `{"url":"http://a/","status":200,"class":"ok","timings":{"first_byte":5,"total":100}}` + "\n"
	const slow = `{"url":"http://b/","status":200,"class":"ok","timings":{"total":300}}` + "\n"
	if mean, err := totalOf(strings.NewReader(ok+slow), 2); err != nil || mean != 200_000 {
		t.Errorf("%v ns, %v", mean, err)
	}
	for records, want := range map[string]string{
		"": "0 records of 2 URLs",
		ok: "1 records of 2 URLs",
		ok + `{"url":"http://b/","status":404,"class":"ok","timings":{"total":3}}`:                                "a fetch failed: status 404, ok: ",
		ok + `{"url":"http://b/","class":"connect.refused","error":"refused","attempts":1,"timings":{"total":3}}`: "a fetch failed: status 0, connect.refused: refused",
		ok + "{": "unexpected EOF",
	} {
		if mean, err := totalOf(strings.NewReader(records), 2); err == nil || err.Error() != want || mean != 0 {
			t.Errorf("%q: %v ns, %v", records, mean, err)
		}
	}
	if _, err := totalOf(strings.NewReader(""), 0); err == nil {
		t.Error("a mean of nothing")
	}
}
