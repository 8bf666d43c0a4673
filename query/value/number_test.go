package value

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestAppendDouble lists the examples of the chapters on the wire protocol,
// section 2.2, and on functions, section 19.1.
func TestAppendDouble(t *testing.T) {
	cases := map[float64]string{
		1: "1.0", 100: "100.0", 10: "10.0", -1: "-1.0", 0.5: "0.5", 3.14159: "3.14159",
		0.001: "0.001", -0.001: "-0.001", 0.0001: "1.0E-4", 9.99e-4: "9.99E-4", 0.00099999: "9.9999E-4",
		9999999: "9999999.0", 9999999.5: "9999999.5", 1e7: "1.0E7", -1e7: "-1.0E7", 12345678.9: "1.23456789E7", 1.1e7: "1.1E7", -1.1e7: "-1.1E7",
		1e10: "1.0E10", 1e100: "1.0E100", 1.5e-100: "1.5E-100", 9223372036854775807: "9.223372036854776E18",
		math.MaxFloat64: "1.7976931348623157E308", math.SmallestNonzeroFloat64: "5.0E-324", 0: "0.0",
		math.Inf(1): "Infinity", math.Inf(-1): "-Infinity",
	}
	for f, want := range cases {
		if got := Double(f).String(); got != want {
			t.Errorf("%g is written %q, want %q", f, got, want)
		}
	}
	if got := Double(math.NaN()).String(); got != "NaN" {
		t.Errorf("NaN is written %q", got)
	}
	if got := Double(math.Copysign(0, -1)).String(); got != "-0.0" {
		t.Errorf("-0.0 is written %q", got)
	}
}

func TestDoubleRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64().Draw(t, "f")
		s := Double(f).String()
		if back, err := strconv.ParseFloat(s, 64); err != nil || back != f || !strings.Contains(s, ".") {
			t.Fatalf("%g is written %q, which reads as %g, %v", f, s, back, err)
		}
		n, ok := ParseNumber(s)
		if !ok || toDouble(n) != f {
			t.Fatalf("ParseNumber(%q) = %v, %v", s, n, ok)
		}
	})
}

func TestTruncate(t *testing.T) {
	cases := map[float64]int64{
		3.9: 3, -3.9: -3, 0: 0, 1e300: math.MaxInt64, -1e300: math.MinInt64,
		math.Inf(1): math.MaxInt64, math.Inf(-1): math.MinInt64,
		1 << 62: 1 << 62, 1 << 63: math.MaxInt64, -1 << 63: math.MinInt64,
	}
	for f, want := range cases {
		if got := Truncate(f); got != want {
			t.Errorf("Truncate(%g) = %d, want %d", f, got, want)
		}
	}
	if got := Truncate(math.NaN()); got != 0 {
		t.Errorf("Truncate(NaN) = %d", got)
	}
}

// TestParseNumber lists the table of the chapter on functions, section 19.2.
func TestParseNumber(t *testing.T) {
	cases := map[string]Value{
		" 42 ": Long(42), "42abc": Long(42), "4,2": Long(42), "1.0": Long(1), "1e5": Long(1), "1.5E3": Long(1500),
		"-3.7": Double(-3.7), ".5": Double(0.5), "9223372036854775808": Double(9223372036854775808),
		"0x10": Long(0), "-0": Double(math.Copysign(0, -1)), "0": Long(0), "-0.00E5": Double(math.Copysign(0, -1)),
		"9223372036854775807": Long(math.MaxInt64), "-9223372036854775808": Long(math.MinInt64), "-9223372036854775809": Double(-9223372036854775808),
		"9223372036854775807.0": Long(math.MaxInt64), "9223372036854775807.5": Double(9223372036854775807), "922337203685477580.7E1": Long(math.MaxInt64),
		"1,2,,3,": Long(123), ",5": Long(5), "1.2,3": Double(1.2), "5.": Long(5), "5.x": Long(5), "1.2.3": Double(1.2),
		"1E": Long(1), "1E-": Long(1), "1E-2": Double(0.01), "100E-2": Long(1), "1E+2": Long(1), "12E1x": Long(120),
		"1E99999999999999999999": Double(math.Inf(1)), "-1E400": Double(math.Inf(-1)), "1E-99999999999999999999": Double(0), "0E999999999": Long(0),
		"000000000000000000000000012": Long(12), "0.000": Long(0), "0.0001": Double(0.0001),
		"٤٢": Long(42), "𝟙𝟚": Long(12), "४.५": Double(4.5),
		"∞": Double(math.Inf(1)), "-∞x": Double(math.Inf(-1)), "\t7\n": Long(7),
		"1 2": Long(1), "3.14159": Double(3.14159), "7E0": Long(7), "1EE": Long(1),
	}
	for s, want := range cases {
		got, ok := ParseNumber(s)
		if !ok || got.Kind() != want.Kind() || !Equals(got, want) {
			t.Errorf("ParseNumber(%q) = %#v, %v, want %#v", s, got, ok, want)
		}
	}
	if got, ok := ParseNumber("NaN!"); !ok || !Equals(got, Double(math.NaN())) {
		t.Errorf("ParseNumber(NaN!) = %#v, %v", got, ok)
	}
	for _, s := range []string{"", " ", "+5", "abc", "$5", "(5)", "-", "--5", ".", "-.", ",", "E5", "-E5", ".E5", "Infinity", "-NaN", "nan", "٠"[:1]} {
		if got, ok := ParseNumber(s); ok {
			t.Errorf("ParseNumber(%q) = %#v", s, got)
		}
	}
}

func FuzzNumberPrefix(f *testing.F) {
	for _, s := range []string{"42", "-3.7", "1.5E3", "4,2", "-0", "∞", "NaN", "٤٢", "9223372036854775808", "1E-400", ".5E-3x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := ParseNumber(s)
		if !ok {
			return
		}
		if l, ok := n.(Long); ok {
			if again, ok := ParseNumber(strconv.FormatInt(int64(l), 10)); !ok || again != n {
				t.Fatalf("%q reads as %v, which reads as %v", s, n, again)
			}
		}
		// What package strconv reads as a number is the same number.
		if f, err := strconv.ParseFloat(s, 64); err == nil && strings.Trim(s, "-0123456789.") == "" && toDouble(n) != f {
			t.Fatalf("%q reads as %v, want %v", s, n, f)
		}
	})
}
