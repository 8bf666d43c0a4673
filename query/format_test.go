package query

import (
	"context"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fawndb/fawn/query/value"
)

func formats(spec string, v any, want string) textCase {
	return textCase{function: "Format", args: in(spec, in(v)), want: want}
}

func misformats(spec string, v any, position, description string) textCase {
	return textCase{function: "Format", args: in(spec, in(v)), errors: bad(position, description)}
}

func TestFormat(t *testing.T) {
	checkText(t, []textCase{
		{function: "Format", args: in("%3$s%1$s %2$s", in("DB", "rocks", "Fauna")), want: "FaunaDB rocks"},
		{function: "Format", args: in("%s %d %.2f", in("Hey", 1995, 6.02)), want: "Hey 1995 6.02"},
		{function: "Format", args: in("%05d|%-6s|%,d|%x|%(d", in(42, "ab", 1234567, 255, -7)), want: "00042|ab    |1,234,567|ff|(7)"},
		{function: "Format", args: in("", in()), want: ""},
		{function: "Format", args: in("é%%%n%5%😀", in(1, 2)), want: "é%\n%😀"},
		{function: "Format", args: in("%2$s %s %s %1$s", in("a", "b")), want: "b a b a"},
		{function: "Format", args: in("%0$s %s", in("a", "b")), want: "a b"},
		{function: "Format", args: in("%s", "bare"), want: "bare"},
		{function: "Format", args: in("%d %d", 10), errors: bad("format", tooFewValues)},
		{function: "Format", args: in("%tF %<s", in(value.Date(59))), errors: bad("format", tooFewValues)},
		{function: "Format", args: in("%s %<s", in(1, 2)), errors: bad("format", "Invalid conversion format '%<s'.")},
		{function: "Format", args: in("%3$s", in(1, 2)), errors: bad("format", noSuchValue)},
		{function: "Format", args: in("%99999999999999999999$s", in(1)), errors: bad("format", noSuchValue)},
		{function: "Format", args: in("%d %f", in("a", 1)), errors: bad("values.0", "Integer expected, String provided.")},
		{function: "Format", args: in("%f", 1), errors: bad("values.0", "Number expected, Integer provided.")},
		{function: "Format", args: in(1, in()), errors: bad("format", "String expected, Integer provided.")},
		{function: "Format", args: in("%d % s", in(1, "a")), errors: bad("format", "Invalid conversion format '% s'.")},
		{function: "Format", args: in("%2$ s", in(1, "a")), errors: bad("format", "Invalid conversion format '% s'.")},
		{function: "Format", args: in("%d %Z", in("a")), errors: bad("format", "Invalid conversion format '%Z'.")},
		{function: "Format", args: in("%1$-+5.2Z", in()), errors: bad("format", "Invalid conversion format '%1$-+5.2Z'.")},
		{function: "Format", args: in("%c", in("a")), errors: bad("format", "Invalid conversion format '%c'.")},
		{function: "Format", args: in("%h", in("a")), errors: bad("format", "Invalid conversion format '%h'.")},
		{function: "Format", args: in("%a", in(1.5)), errors: bad("format", "Invalid conversion format '%a'.")},
		{function: "Format", args: in("%i", in(1)), errors: bad("format", "Invalid conversion format '%i'.")},
		{function: "Format", args: in("100%", in(1)), errors: bad("format", "Invalid conversion format '%'.")},
		{function: "Format", args: in("%1$05", in(1)), errors: bad("format", "Invalid conversion format '%1$05'.")},
		{function: "Format", args: in("%.é", in(1)), errors: bad("format", "Invalid conversion format '%'.")},
		{function: "Format", args: in("%999999999d", in(1)), errors: bad("", "string length must be less than or equal to 16777216")},
		{function: "Format", args: in("%.999999999f", in(1.0)), errors: bad("", "string length must be less than or equal to 16777216")},
		{
			function: "Format", args: in(strings.Repeat("%9000000s", 2)+"%s", in(1, 2, 3)),
			errors: bad("", "string length must be less than or equal to 16777216"),
		},
	})
}

func TestFormatNumbers(t *testing.T) {
	const minLong = -1 << 63
	checkText(t, []textCase{
		formats("%d", minLong, "-9223372036854775808"),
		formats("%,d", minLong, "-9,223,372,036,854,775,808"),
		formats("%+d", 5, "+5"),
		formats("% d", 5, " 5"),
		formats("%(,012d", -1234567, "(01,234,567)"),
		formats("%-6d|", -5, "-5    |"),
		formats("%x", -1, "ffffffffffffffff"),
		formats("%#X", 255, "0XFF"),
		formats("%#08x", 255, "0x0000ff"),
		formats("%o", 8, "10"),
		formats("%#o", 8, "010"),
		formats("%f", 1.5, "1.500000"),
		formats("%.2f", 1.005, "1.01"),
		formats("%.0f", 2.5, "3"),
		formats("%.0f", 0.5, "1"),
		formats("%.0f", 0.4, "0"),
		formats("%#.0f", 2.5, "3."),
		formats("%.1f", 9.95, "10.0"),
		formats("%.3f", 0.0004, "0.000"),
		formats("%.3f", 0.0005, "0.001"),
		formats("%f", 1e21, "1000000000000000000000.000000"),
		formats("%.2f", -0.0001, "-0.00"),
		formats("%.1f", math.Copysign(0, -1), "-0.0"),
		formats("%,.2f", 1234567.891, "1,234,567.89"),
		formats("%010.2f", -3.14159, "-000003.14"),
		formats("%+(,.1f", -1234.56, "(1,234.6)"),
		formats("%e", 12345.678, "1.234568e+04"),
		formats("%.0e", 12345.678, "1e+04"),
		formats("%#.0e", 12345.678, "1.e+04"),
		formats("%.2E", 9.999e-10, "1.00E-09"),
		formats("%e", 0.0, "0.000000e+00"),
		formats("%.3e", 1.5e300, "1.500e+300"),
		formats("%015.2e", -12.5, "-0000001.25e+01"),
		formats("%(e", -12.5, "(1.250000e+01)"),
		formats("%g", 123456.0, "123456"),
		formats("%g", 0.0001, "0.000100000"),
		formats("%g", 0.00001, "1.00000e-05"),
		formats("%g", 999999.5, "1.00000e+06"),
		formats("%.3g", 1234.5, "1.23e+03"),
		formats("%.0g", 5.0, "5"),
		formats("%G", 1e-10, "1.00000E-10"),
		formats("%g", 0.0, "0.00000"),
		formats("%,g", 12345.6, "12,345.6"),
		formats("%08.1f", math.Inf(1), "Infinity"),
		formats("%010f", math.Inf(-1), " -Infinity"),
		formats("%(f", math.Inf(-1), "(Infinity)"),
		formats("%+f", math.Inf(1), "+Infinity"),
		formats("%05f", math.NaN(), "  NaN"),
		formats("%E", math.NaN(), "NAN"),
		misformats("%d", 1.0, "values.0", "Integer expected, Double provided."),
		misformats("%x", value.Null{}, "values.0", "Integer expected, Null provided."),
		misformats("%g", "1", "values.0", "Number expected, String provided."),
		misformats("%-d", 1, "format", "Invalid conversion format '%-d'."),
		misformats("%0d", 1, "format", "Invalid conversion format '%0d'."),
		misformats("%+ d", 1, "format", "Invalid conversion format '%+ d'."),
		misformats("%-05d", 1, "format", "Invalid conversion format '%-05d'."),
		misformats("%++d", 1, "format", "Invalid conversion format '%++d'."),
		misformats("%#d", 1, "format", "Invalid conversion format '%#d'."),
		misformats("%.2d", 1, "format", "Invalid conversion format '%.2d'."),
		misformats("%+x", 1, "format", "Invalid conversion format '%+x'."),
		misformats("%,o", 1, "format", "Invalid conversion format '%,o'."),
		misformats("%(x", 1, "format", "Invalid conversion format '%(x'."),
		misformats("%,e", 1.0, "format", "Invalid conversion format '%,e'."),
		misformats("%#g", 1.0, "format", "Invalid conversion format '%#g'."),
	})
}

func TestFormatText(t *testing.T) {
	checkText(t, []textCase{
		formats("%s", 1.0, "1.0"),
		formats("%s", true, "true"),
		formats("%s", value.Null{}, "null"),
		formats("%s", value.Action("create"), "create"),
		formats("%s", value.Date(59), "1970-03-01"),
		formats("%S", "straße", "STRASSE"),
		formats("%6s|", "é😀", "    é😀|"),
		formats("%-6.1s|", "é😀", "é     |"),
		formats("%.9s", "abc", "abc"),
		formats("%.0s", "abc", ""),
		formats("%b", true, "true"),
		formats("%b", false, "false"),
		formats("%b", value.Null{}, "false"),
		formats("%B", in(), "TRUE"),
		formats("%-6.2b|", 0, "tr    |"),
		misformats("%s", in(1), "values.0", "Cannot cast Array to String."),
		misformats("%s", value.Bytes("a"), "values.0", "Cannot cast Bytes to String."),
		misformats("%s", value.Object{}, "values.0", "Cannot cast Object to String."),
		misformats("%#s", "a", "format", "Invalid conversion format '%#s'."),
		misformats("%05s", "a", "format", "Invalid conversion format '%05s'."),
		misformats("%-s", "a", "format", "Invalid conversion format '%-s'."),
		misformats("%,b", true, "format", "Invalid conversion format '%,b'."),
	})
}

func TestFormatTime(t *testing.T) {
	moment := value.Time{Sec: 5153445, Nano: 123456789}
	midnight := value.Time{Sec: 0}
	var cases []textCase
	for spec, want := range map[string]string{
		"%tY": "1970", "%ty": "70", "%tC": "19", "%tm": "03", "%td": "01", "%te": "1", "%tj": "060", "%tB": "March",
		"%tb": "Mar", "%th": "Mar", "%tA": "Sunday", "%ta": "Sun", "%tD": "03/01/70", "%tF": "1970-03-01",
		"%TB": "MARCH", "%-8ta|": "Sun     |", "%12TA": "      SUNDAY",
	} {
		cases = append(cases, formats(spec, moment, want), formats(spec, value.Date(59), want))
	}
	for spec, want := range map[string]string{
		"%tH": "15", "%tk": "15", "%tI": "03", "%tl": "3", "%tM": "30", "%tS": "45", "%tL": "123", "%tN": "123456789",
		"%20tN": "123456789", "%tp": "pm", "%Tp": "PM", "%tz": "+0000", "%tZ": "Z", "%ts": "5153445", "%tQ": "5153445123",
		"%tR": "15:30", "%tT": "15:30:45", "%tr": "03:30:45 PM", "%tc": "Sun Mar 01 15:30:45 Z 1970",
		"%t": "1970-03-01T15:30:45.123456789Z", "%T!": "1970-03-01T15:30:45.123456789Z!",
	} {
		cases = append(cases, formats(spec, moment, want))
	}
	for _, suffix := range "HkIlMSLNpzZsQRTrc" {
		spec := "%t" + string(suffix)
		cases = append(cases, misformats(spec, value.Date(59), "values.0", "Invalid date/time suffix '"+spec+"'."))
	}
	checkText(t, append(cases,
		formats("%tI", midnight, "12"), formats("%tl", midnight, "12"), formats("%tk", midnight, "0"),
		formats("%tp", midnight, "am"), formats("%tL", value.Time{Sec: 1, Nano: 7e6}, "007"),
		formats("%tN", value.Time{Sec: 1, Nano: 7}, "000000007"), formats("%ts", value.Time{Sec: -1, Nano: 5e8}, "-1"),
		formats("%tQ", value.Time{Sec: -1, Nano: 5e8}, "-500"),
		formats("%tY", value.Date(-719529), "0002"), formats("%tF", value.Date(-719529), "0002-12-31"),
		formats("%tY %1$tC", value.Date(2932897), "10000 100"), formats("%t", value.Date(59), "1970-03-01"),
		misformats("%tq", moment, "values.0", "Invalid date/time suffix '%tq'."),
		misformats("%1$tq", moment, "values.0", "Invalid date/time suffix '%tq'."),
		misformats("%tY", 1, "values.0", "Date or Time expected, Integer provided."),
		misformats("%tq", "x", "values.0", "Date or Time expected, String provided."),
		misformats("%.2tY", moment, "format", "Invalid conversion format '%.2tY'."),
		misformats("%-tY", moment, "format", "Invalid conversion format '%-tY'."),
		misformats("%05tY", moment, "format", "Invalid conversion format '%05tY'."),
	))
}

// formatHost is a host whose database has the collection users, 1024.
type formatHost struct{ Host }

func (formatHost) Now() int64                             { return 7 }
func (formatHost) Scope() value.Scope                     { return 0 }
func (formatHost) Parent(value.Scope) (value.Ref, bool)   { return value.Ref{}, false }
func (formatHost) Name(r value.Ref) (name string, _ bool) { return "users", r.ID == 1024 }

func TestFormatJSON(t *testing.T) {
	ref := value.Ref{Class: 1024, ID: 1}
	for _, tc := range []struct {
		v          value.Value
		legacy, v4 string
	}{
		{value.String("é\""), `"é\""`, `"é\""`},
		{value.Array{value.Long(1), value.Double(2), value.Null{}}, `[1,2.0,null]`, `[1,2.0,null]`},
		{value.Object{{Name: "a", Value: value.Date(0)}}, `{"a":{"@date":"1970-01-01"}}`, `{"a":{"@date":"1970-01-01"}}`},
		{value.TxnTime{}, `7`, `7`},
		{
			ref,
			`{"@ref":{"id":"1","class":{"@ref":{"id":"users","class":{"@ref":{"id":"classes"}}}}}}`,
			`{"@ref":{"id":"1","collection":{"@ref":{"id":"users","collection":{"@ref":{"id":"collections"}}}}}}`,
		},
		{
			&value.Unresolved{Class: value.Collections, Name: "x", ID: "5"},
			`{"@ref":{"id":"5","class":{"@ref":{"id":"x","class":{"@ref":{"id":"classes"}}}}}}`,
			`{"@ref":{"id":"5","collection":{"@ref":{"id":"x","collection":{"@ref":{"id":"collections"}}}}}}`,
		},
		{
			&value.Event{TS: 5, Action: "create", Document: value.CollectionRef(0, value.Tokens)},
			`{"ts":5,"action":"create","instance":{"@ref":{"id":"tokens"}}}`,
			`{"ts":5,"action":"create","document":{"@ref":{"id":"tokens"}}}`,
		},
	} {
		call := textCall(t, "Format", "%@ %1$-5^", in(tc.v))
		got, _, err := Eval(context.Background(), formatHost{}, call, Options{})
		if want := value.String(tc.legacy + " " + tc.v4); err != nil || got != want {
			t.Errorf("got  %v, %v\nwant %v", got, err, want)
		}
	}
}

func TestFormatKeepsTextWithoutSpecifiers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		pieces, _, ok := parseFormat(strings.ReplaceAll(s, "%", "%%"))
		if !ok {
			t.Fatalf("%q is refused", s)
		}
		var b strings.Builder
		for _, p := range pieces {
			b.WriteString(p.text)
			if p.spec.source != "" {
				b.WriteByte('%')
			}
		}
		if b.String() != s {
			t.Fatalf("%q becomes %q", s, b.String())
		}
	})
}

func FuzzFormat(f *testing.F) {
	for _, s := range []string{"%3$s%1$s", "%-+#0 ,(<12.3d", "%tY%Tq%t", "%@%^%%%n%", "%.0f|%e|%g", "%0$x%99$s", "%12", "%é"} {
		f.Add(s, int64(-5), 1.25, "text")
	}
	f.Fuzz(func(t *testing.T, spec string, n int64, d float64, s string) {
		values := in(int(n), d, s, value.Time{Sec: n >> 9}, value.Date(n>>28), value.Null{}, true)
		call := textCall(t, "Format", spec, values)
		got, _, err := Eval(context.Background(), formatHost{}, call, Options{})
		if err != nil {
			textErrors(t, err)
			return
		}
		if !strings.Contains(spec, "%") && got != value.String(spec) {
			t.Fatalf("%q becomes %q", spec, got)
		}
	})
}
