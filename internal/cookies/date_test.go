package cookies

import (
	"testing"
	"time"
)

// TestDate: what RFC 6265 section 5.1.1 makes of dates, the odd ones above all.
func TestDate(t *testing.T) {
	cases := []struct{ in, want string }{ // "" is none
		{"Mon, 10-Dec-2007 17:02:24 GMT", "2007-12-10T17:02:24Z"},
		{"Wed, 09 Dec 2009 16:27:23 GMT", "2009-12-09T16:27:23Z"},
		{"Thursday, 01-Jan-70 00:00:00 GMT", "1970-01-01T00:00:00Z"},
		{"Sunday, 01-Jan-69 00:00:01 GMT", "2069-01-01T00:00:01Z"},
		{"Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"},
		{"1994 Nov 6 08:49:37", "1994-11-06T08:49:37Z"},
		{"08:49:37 06 nOvember 94", "1994-11-06T08:49:37Z"},
		{"Thu Apr 18 22:50:12 2007 GMT+01:00", "2007-04-18T22:50:12Z"}, // the zone means nothing
		{"22:50:12:55 18 Apr 2007", "2007-04-18T22:50:12Z"},
		{"22:50:12abc 18x Aprilia 2007z", "2007-04-18T22:50:12Z"},
		{"2-2:2:2 1-Jan-2020", "2020-01-02T02:02:02Z"}, // the first 2 is the day, then 1 is nothing
		{"2:2:2 3-Jan-2020", "2020-01-03T02:02:02Z"},
		{"Mon Jan 10 10:10:10 Feb 2020", "2020-01-10T10:10:10Z"},  // the first of each counts
		{"10:10:10 11:11:11 10 Jan 2020", "2010-01-11T10:10:10Z"}, // a second time begins with a day
		{"10 11 Jan 2020 10:10:10", "2011-01-10T10:10:10Z"},       // 11 is a year of two digits
		{"29 Feb 2024 00:00:00", "2024-02-29T00:00:00Z"},
		{"01 Jan 070 00:00:00", "1970-01-01T00:00:00Z"}, // three digits are allowed, the value decides
		{"31 Dec 9999 23:59:59", "9999-12-31T23:59:59Z"},
		{"01 Jan 1601 00:00:00", "1601-01-01T00:00:00Z"},
		{"Tue, 15 Nov 1994\t08:12:31", "1994-11-15T08:12:31Z"},
		{"15~Nov`1994;08:12:31", "1994-11-15T08:12:31Z"}, // all of these are delimiters
		{"15\u00a0Nov 1994 08:12:31", ""},                // and what is not ASCII is none
		{"29 Feb 2023 00:00:00", ""},                     // no such day
		{"31 Apr 2020 00:00:00", ""},
		{"00 Jan 2020 00:00:00", ""},
		{"32 Jan 2020 00:00:00", ""},
		{"01 Jan 1600 00:00:00", ""},
		{"01 Jan 100 00:00:00", ""},
		{"01 Jan 20200 00:00:00", ""}, // five digits
		{"01 Jan 2 00:00:00", ""},
		{"010 Jan 2020 00:00:00", ""}, // three digits are no day: 010 is the year
		{"01 Jan 2020 24:00:00", ""},
		{"01 Jan 2020 00:60:00", ""},
		{"01 Jan 2020 00:00:60", ""},
		{"01 Jan 2020 00:00", ""},
		{"01 Jan 2020 00:00:", ""},
		{"01 Jan 2020 000:00:00", ""},
		{"01 Jan 2020 :00:00", ""},
		{"01 Jan 2020 00:a0:00", ""},
		{"01 Ja 2020 00:00:00", ""},
		{"01 2020 00:00:00", ""},
		{"Jan 2020 00:00:00", ""},
		{"01 Jan 00:00:00", ""},
		{"", ""},
		{"   ", ""},
		{"Wed", ""},
		{"tomorrow at noon", ""},
		{"1735689600", ""},
	}
	for _, c := range cases {
		got := ""
		if unix, ok := parseDate(c.in); ok {
			got = time.Unix(unix, 0).UTC().Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q is %q, want %q", c.in, got, c.want)
		}
	}
}

// TestDateForms: each form that HTTP has used comes back as the time that was written, over four hundred years of
// weeks (two digits for the year: a hundred).
func TestDateForms(t *testing.T) {
	forms := []struct {
		layout   string
		from, to int // years
	}{
		{"Mon, 02 Jan 2006 15:04:05 GMT", 1601, 2001},
		{time.ANSIC, 1601, 2001},
		{"Mon, 02-Jan-2006 15:04:05 GMT", 1900, 2300},
		{"Monday, 02-Jan-06 15:04:05 GMT", 1970, 2070},
	}
	for _, f := range forms {
		step := 7*24*time.Hour + 3671*time.Second
		for at := time.Date(f.from, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < f.to; at = at.Add(step) {
			text := at.Format(f.layout)
			if unix, ok := parseDate(text); !ok || unix != at.Unix() {
				t.Fatalf("%q is %d, %v; want %d", text, unix, ok, at.Unix())
			}
		}
	}
}
