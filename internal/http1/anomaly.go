package http1

import "strings"

// Anomaly is a set of departures from the RFC that were tolerated, because they have one reading.
type Anomaly uint16

// The members of an Anomaly. The last four are found by [Head.Framing].
const (
	// BareLF: a line ended in LF without CR (RFC 9112 §2.2 lets a recipient accept it).
	BareLF Anomaly = 1 << iota
	// ObsFold: a value went on in the next line and was joined with a space (§5.2).
	ObsFold
	// SpaceBeforeColon: white space between name and colon, removed as §5.1 tells a proxy to.
	SpaceBeforeColon
	// ControlByte: a control byte other than NUL, CR, LF and HTAB in a value or in the reason phrase (RFC 9110 §5.5).
	ControlByte
	// StatusSpace: more than one space before the status code (RFC 9112 §4).
	StatusSpace
	// NoReasonSpace: no space after the status code (§4 wants one even if no reason phrase follows).
	NoReasonSpace
	// RepeatedLength: Content-Length given more than once, always the same number (§6.3 rule 5).
	RepeatedLength
	// LengthAndCoding: Content-Length beside Transfer-Encoding, which overrides it (§6.3 rule 3).
	LengthAndCoding
	// CodingIn10: Transfer-Encoding in HTTP/1.0 (§6.1).
	CodingIn10
	// UselessFraming: a length or a coding where no body can be: 1xx, 204, or a 2xx to CONNECT (RFC 9110 §8.6, RFC 9112 §6.1).
	UselessFraming

	anomalies = "bare-lf obs-fold space-before-colon control-byte status-space no-reason-space " +
		"repeated-length length-and-coding coding-in-1.0 useless-framing"
)

// String lists the members in words that are safe in any output: "bare-lf,obs-fold".
func (a Anomaly) String() string {
	var names []string
	bit := Anomaly(1)
	for name := range strings.FieldsSeq(anomalies) {
		if a&bit != 0 {
			names = append(names, name)
		}
		bit <<= 1
	}
	return strings.Join(names, ",")
}
