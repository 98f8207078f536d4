package sitemap

import (
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	for s, want := range map[string]string{
		"2005":                            "2005-01-01T00:00:00Z",
		"2005-07":                         "2005-07-01T00:00:00Z",
		"2004-02-29":                      "2004-02-29T00:00:00Z",
		"2005-1-2":                        "2005-01-02T00:00:00Z",
		"1997-07-16T19:20+01:00":          "1997-07-16T18:20:00Z",
		"1997-07-16T19:20:30-02:30":       "1997-07-16T21:50:30Z",
		"1997-07-16T19:20:30.45+01:00":    "1997-07-16T18:20:30.45Z",
		"1997-07-16T19:20:30.1234567891Z": "1997-07-16T19:20:30.123456789Z",
		"1997-07-16T19:20:30":             "1997-07-16T19:20:30Z",
		"1997-07-16 19:20:30 +0100":       "1997-07-16T18:20:30Z",
		"1997-07-16t19:20z":               "1997-07-16T19:20:00Z",
		"1997-12-31T23:59:60Z":            "1998-01-01T00:00:00Z",
		"1997-12-31T24:00Z":               "1998-01-01T00:00:00Z",
		"1997-12-31T19:20+01":             "1997-12-31T18:20:00Z",
		"Sun, 06 Sep 2009 16:20:00 +0000": "2009-09-06T16:20:00Z",
		"6 Sep 09 16:20 EST":              "2009-09-06T21:20:00Z",
		"06 September 1999 1:20:00 GMT":   "1999-09-06T01:20:00Z",
		"Tue, 1 Jan 74 00:00:00 A":        "1974-01-01T00:00:00Z",
		"Tue, 1 Jan 2019":                 "2019-01-01T00:00:00Z",
		"":                                "", "2005-": "", "2005-13": "", "2005-02-30": "", "2005-00-01": "", "20050101": "", "yesterday": "", "2005-01-01T": "", "2005-01-01T1": "",
		"2005-01-01T25:00Z": "", "2005-01-01T10:60Z": "", "2005-01-01T10:00:61Z": "", "2005-01-01T10:00:00.Z": "", "2005-01-01T10:00+24:00": "", "2005-01-01T10:00+01:60": "",
		"2005-01-01T10:00Zx": "", "2005-01-01x": "", "6 Xyz 2009 16:20 GMT": "", "6 anf 2009": "", "32 Sep 2009": "", "6 Sep 2009 16:20 XYZ": "", "6 Sep": "", "6 Sep 2": "", "2005-01-01T10:00+1:00": "",
	} {
		got, ok := parseTime([]byte(s))
		if ok != (want != "") || ok && got.Format(time.RFC3339Nano) != want || ok && got.Location() != time.UTC {
			t.Errorf("%q is %v, %v, want %q", s, got, ok, want)
		}
	}
}

// TestTimesAgree: what the standard library reads as RFC 3339 or RFC 1123 is the same time here.
func TestTimesAgree(t *testing.T) {
	for seconds := int64(-1e9); seconds < 4e9; seconds += 7_654_321 {
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 5*3600+1800), time.FixedZone("", -11*3600)} {
			want := time.Unix(seconds, 120_000_000).In(zone)
			for _, layout := range []string{time.RFC3339Nano, time.RFC1123Z, time.RFC822Z} {
				s := want.Format(layout)
				std, err := time.Parse(layout, s)
				if err != nil {
					t.Fatal(err)
				}
				if layout == time.RFC822Z && (want.Year() < 1970 || want.Year() > 2068) {
					continue // years of two digits
				}
				if got, ok := parseTime([]byte(s)); !ok || !got.Equal(std) {
					t.Errorf("%q is %v, %v, want %v", s, got, ok, std)
				}
			}
		}
	}
}

func TestPriorityAndFrequency(t *testing.T) {
	for s, want := range map[string]float64{"0": 0, "0.0": 0, "1": 1, "1.0": 1, ".3": 0.3, "0.85": 0.85, "": 0.5, "1.1": 0.5, "-0.1": 0.5, "NaN": 0.5, "Inf": 0.5, "high": 0.5, "0,8": 0.5} {
		if got := priority([]byte(s)); got != want {
			t.Errorf("%q is %v, want %v", s, got, want)
		}
	}
	for s, want := range map[string]Frequency{"always": Always, "Hourly": Hourly, "DAILY": Daily, "weekly": Weekly, "monthly": Monthly, "yearly": Yearly, "never": Never, "": Unspecified, "often": Unspecified} {
		if got := frequency([]byte(s)); got != want {
			t.Errorf("%q is %v, want %v", s, got, want)
		}
	}
}
