package value

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestParseTime lists times and how they are written, "" for none. Source:
// chapters on functions, section 18.1, and on the wire protocol, section 2.6.
func TestParseTime(t *testing.T) {
	cases := map[string]string{
		"1970-01-01T00:00:00Z":                   "1970-01-01T00:00:00Z",
		"1970-01-01T00:00:00+00:00":              "1970-01-01T00:00:00Z",
		"1970-01-01T00:00:00.5Z":                 "1970-01-01T00:00:00.500Z",
		"1970-01-01T00:00:00.000001Z":            "1970-01-01T00:00:00.000001Z",
		"1970-01-01T00:00:00.123456789Z":         "1970-01-01T00:00:00.123456789Z",
		"1970-01-01T00:00:00.1234567891Z":        "",
		"1970-01-01T00:00:00.Z":                  "1970-01-01T00:00:00Z",
		"1970-01-01T00:00:00,5Z":                 "",
		"2020-01-01T02:00:00+02:00":              "2020-01-01T00:00:00Z",
		"2019-05-27T05:15:48+0100":               "2019-05-27T04:15:48Z",
		"2019-05-27T05:15:48-01:00:30":           "2019-05-27T06:16:18Z",
		"2019-05-27T05:15:48+01":                 "",
		"2019-05-27T05:15:48":                    "",
		"2019-05-27T05:15:48 Z":                  "",
		"2019-05-27T05:15:48UTC":                 "",
		"2019-05-27T05:15:48+18:00":              "2019-05-26T11:15:48Z",
		"2019-05-27T05:15:48+18:01":              "",
		"2019-05-27T05:15:48+01:60":              "",
		"2019-05-27T05:15:48+01:00:60":           "",
		"2019-05-27T05:15:48+01:00:0":            "",
		"2019-05-27T05:15:48+01:00:00x":          "",
		"2019-05-27t05:15z":                      "2019-05-27T05:15:00Z",
		"2019-05-27 05:15Z":                      "",
		"2019-05-27T05Z":                         "",
		"2019-05-27T0515Z":                       "",
		"2019-02-30T00:00Z":                      "2019-02-28T00:00:00Z",
		"2020-02-31T00:00Z":                      "2020-02-29T00:00:00Z",
		"2019-04-31T00:00Z":                      "2019-04-30T00:00:00Z",
		"2019-02-32T00:00Z":                      "",
		"2019-13-01T00:00Z":                      "",
		"2019-00-01T00:00Z":                      "",
		"2019-01-00T00:00Z":                      "",
		"2019-1-01T00:00Z":                       "",
		"2019-12-31T24:00Z":                      "2020-01-01T00:00:00Z",
		"2019-12-31T24:00:00Z":                   "2020-01-01T00:00:00Z",
		"2019-12-31T24:00:00.1Z":                 "",
		"2019-12-31T24:01Z":                      "",
		"2019-12-31T25:00Z":                      "",
		"2019-12-31T23:59:60Z":                   "",
		"2019-12-31T23:60Z":                      "",
		"+12345-01-01T00:00:00Z":                 "+12345-01-01T00:00:00Z",
		"12345-01-01T00:00:00Z":                  "",
		"+2019-01-01T00:00:00Z":                  "",
		"-2019-01-01T00:00:00Z":                  "-2019-01-01T00:00:00Z",
		"0000-01-01T00:00:00Z":                   "0000-01-01T00:00:00Z",
		"-0000-01-01T00:00:00Z":                  "",
		"-0001-12-31T23:59:59.999Z":              "-0001-12-31T23:59:59.999Z",
		"+02019-01-01T00:00:00Z":                 "2019-01-01T00:00:00Z",
		"999-01-01T00:00:00Z":                    "",
		"+999999999-12-31T23:59:59.999999999Z":   "+999999999-12-31T23:59:59.999999999Z",
		"-999999999-01-01T00:00:00Z":             "-999999999-01-01T00:00:00Z",
		"+1000000000-01-01T00:00:00Z":            "",
		"+999999999-12-31T23:59:59-18:00":        "+1000000000-01-01T17:59:59Z",
		"":                                       "",
		"T":                                      "",
		"-":                                      "",
		"2019-05-27":                             "",
		"2019-05-27T":                            "",
		"2019-05-27T05:15:48.Z+":                 "",
		"now":                                    "",
		" 1970-01-01T00:00:00Z":                  "",
		"1970-01-01T00:00:00Z\n":                 "",
		"1970-01-01T00:00:0\xffZ":                "",
		"١٩٧٠-01-01T00:00:00Z":                   "",
		"1970-01-01T00:00:00Z1970-01-01T00:00Z":  "",
		"1970-01-01T00:00:00+00:00+00:00":        "",
		"1970-01-01T00:00:00+-1:00":              "",
		"1970-01-01T00:00:00-00:00":              "1970-01-01T00:00:00Z",
		"1969-12-31T23:59:59.999999999Z":         "1969-12-31T23:59:59.999999999Z",
		"2262-04-11T23:47:16.854775808Z":         "2262-04-11T23:47:16.854775808Z",
		"1582-10-15T12:34:56.000007+00:00":       "1582-10-15T12:34:56.000007Z",
		"2000-02-29T12:00:00.120Z":               "2000-02-29T12:00:00.120Z",
		"1900-02-29T12:00:00.000Z":               "1900-02-28T12:00:00Z",
		"9999-12-31T23:59:59.000000001-00:01:00": "+10000-01-01T00:00:59.000000001Z",
	}
	for s, want := range cases {
		got, ok := ParseTime(s)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("ParseTime(%q) = %v, %v, want %q", s, got, ok, want)
		}
		got, ok = ParseTimeText("\x01 " + s + "\n")
		if trimmed := trimBlank(s); trimmed == s && (ok != (want != "") || ok && got.String() != want) {
			t.Errorf("ParseTimeText(%q) = %v, %v, want %q", s, got, ok, want)
		}
	}
}

func TestParseDate(t *testing.T) {
	cases := map[string]Date{
		"1970-01-01": 0, "1970-01-02": 1, "1969-12-31": -1, "2000-02-29": 11016, "0000-01-01": -719528,
		"-999999999-01-01": MinDate, "+999999999-12-31": MaxDate, "-0001-03-01": -719834,
	}
	for s, want := range cases {
		if got, ok := ParseDate(s); !ok || got != want || got.String() != s {
			t.Errorf("ParseDate(%q) = %d (%v), %v, want %d", s, got, got, ok, want)
		}
		if got, ok := ParseDateText("\t" + s + " "); !ok || got != want {
			t.Errorf("ParseDateText(%q) = %d, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "19700101", "2019-02-29", "1900-02-29", "2019-04-31", "2019-13-01", "2019-00-01", "2019-01-32", "2019-1-1", "1970-01-01Z", " 1970-01-01", "12345-01-01", "+1970-01-01", "-0000-01-01", "+1000000000-01-01"} {
		if got, ok := ParseDate(s); ok {
			t.Errorf("ParseDate(%q) = %v", s, got)
		}
	}
}

// TestCalendar compares with package time, where that reaches.
func TestCalendar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sec := rapid.Int64Range(-1e13, 1e13).Draw(t, "sec")
		nano := rapid.Int32Range(0, 999999999).Draw(t, "nano")
		v := Time{sec, nano}
		want := time.Unix(sec, int64(nano)).UTC()
		year, month, day := v.Civil()
		hour, minute, second := v.Clock()
		got := time.Date(int(year), time.Month(month), day, hour, minute, second, int(nano), time.UTC)
		if !got.Equal(want) || got.Day() != want.Day() || got.Year() != want.Year() {
			t.Fatalf("%v is %v, want %v", v, got, want)
		}
		if v.YearDay() != want.YearDay() || v.Weekday()%7 != int(want.Weekday()) {
			t.Fatalf("%v is day %d of its year and %d of its week, want %d and %d", v, v.YearDay(), v.Weekday(), want.YearDay(), want.Weekday())
		}
		if back, ok := TimeFromGo(v.Go()); !ok || back != v {
			t.Fatalf("%v goes to Go and back as %v, %v", v, back, ok)
		}
		date, _ := v.Date()
		if again, ok := DateOf(year, month, day); !ok || again != date {
			t.Fatalf("DateOf(%d, %d, %d) = %v, %v", year, month, day, again, ok)
		}
	})
}

func TestTimeLimits(t *testing.T) {
	lo, hi := Time{Sec: minSecond}, Time{Sec: maxSecond, Nano: 999999999}
	if lo.String() != "-1000000000-01-01T00:00:00Z" || hi.String() != "+1000000000-12-31T23:59:59.999999999Z" {
		t.Errorf("times run from %v to %v", lo, hi)
	}
	if got, ok := TimeOf(maxSecond, 1e9); ok {
		t.Errorf("a time after the last: %v", got)
	}
	if got, ok := TimeOf(minSecond, -1); ok {
		t.Errorf("a time before the first: %v", got)
	}
	if got, ok := TimeOf(maxSecond+1, -1); !ok || got != hi {
		t.Errorf("the last time is %v, %v", got, ok)
	}
	if got, ok := hi.Add(1, Nanosecond); ok {
		t.Errorf("a nanosecond after the last: %v", got)
	}
}

func TestDateLimits(t *testing.T) {
	if MinDate.String() != "-999999999-01-01" || MaxDate.String() != "+999999999-12-31" {
		t.Errorf("dates run from %v to %v", MinDate, MaxDate)
	}
	if got, ok := (Time{Sec: minSecond}).Date(); ok {
		t.Errorf("the first time has date %v", got)
	}
	if got, ok := MaxDate.Add(1); ok {
		t.Errorf("a day after the last: %v", got)
	}
	if got, ok := Date(0).Add(math.MinInt64); ok {
		t.Errorf("far before the first day: %v", got)
	}
	if got, ok := MinDate.Add(int64(MaxDate - MinDate)); !ok || got != MaxDate {
		t.Errorf("from the first day to the last: %v, %v", got, ok)
	}
	if MaxDate.Time().String() != "+999999999-12-31T00:00:00Z" {
		t.Errorf("midnight of the last day is %v", MaxDate.Time())
	}
}

func TestTimeUnits(t *testing.T) {
	units := map[string]Unit{
		"day": Day, "days": Day, " half days ": HalfDay, "half day": HalfDay, "hour": Hour, "minutes": Minute,
		"second": Second, "milliseconds": Millisecond, "microsecond": Microsecond, "nanoseconds": Nanosecond,
	}
	for s, want := range units {
		if got, ok := ParseUnit(s); !ok || got != want {
			t.Errorf("ParseUnit(%q) = %d, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "s", "Day", "dayss", "picosecond", "week", "half  day", "halfday"} {
		if got, ok := ParseUnit(s); ok {
			t.Errorf("ParseUnit(%q) = %d", s, got)
		}
	}
	cases := []struct {
		n    int64
		unit Unit
		want string
	}{
		{12, Second, "1970-01-01T00:00:12Z"},
		{-1, HalfDay, "1969-12-31T12:00:00Z"},
		{-1, Nanosecond, "1969-12-31T23:59:59.999999999Z"},
		{1, Millisecond, "1970-01-01T00:00:00.001Z"},
		{math.MaxInt64, Microsecond, "+294247-01-10T04:00:54.775807Z"},
		{math.MinInt64, Microsecond, "-290308-12-21T19:59:05.224192Z"},
		{math.MaxInt64, Millisecond, "+292278994-08-17T07:12:55.807Z"},
		{math.MaxInt64, Day, ""},
		{math.MinInt64, Second, ""},
		{1e17, Second, ""},
	}
	for _, c := range cases {
		got, ok := Time{}.Add(c.n, c.unit)
		if ok != (c.want != "") || ok && got.String() != c.want {
			t.Errorf("%d units of %d ns are %v, %v, want %s", c.n, c.unit, got, ok, c.want)
		}
	}
	if got := TimeFromMicros(math.MinInt64).String(); got != cases[5].want {
		t.Errorf("TimeFromMicros: %s", got)
	}
	if got := TimeFromMillis(math.MaxInt64).String(); got != cases[6].want {
		t.Errorf("TimeFromMillis: %s", got)
	}
}

func TestTimeSince(t *testing.T) {
	cases := []struct {
		t              Time
		millis, micros int64
		okMillis, ok   bool
	}{
		{Time{-1, 999000000}, -1, -1000, true, true},
		{Time{-1, 999999999}, -1, -1, true, true},
		{Time{0, 1999}, 0, 1, true, true},
		{TimeFromMicros(math.MaxInt64), 9223372036854775, math.MaxInt64, true, true},
		{TimeFromMicros(math.MinInt64), -9223372036854776, math.MinInt64, true, true},
		{Time{9223372036854, 775808000}, 9223372036854775, math.MinInt64, true, false},
		{TimeFromMillis(math.MaxInt64), math.MaxInt64, -1000, true, false},
		{Time{maxSecond, 0}, 0, 0, false, false},
	}
	for _, c := range cases {
		millis, okMillis := c.t.Millis()
		micros, ok := c.t.Micros()
		if okMillis != c.okMillis || ok != c.ok || okMillis && (millis != c.millis || micros != c.micros) {
			t.Errorf("%v: %d ms, %v; %d us, %v", c.t, millis, okMillis, micros, ok)
		}
	}
}

func TestUntil(t *testing.T) {
	at := func(s string) Time {
		v, ok := ParseTime(s)
		if !ok {
			t.Fatal(s)
		}
		return v
	}
	cases := []struct {
		from, to string
		unit     Unit
		want     int64
		ok       bool
	}{
		{"1970-01-01T01:30:00Z", "1970-01-01T00:00:00Z", Hour, -1, true},
		{"1970-01-01T00:00:00Z", "1970-01-01T01:30:00Z", Hour, 1, true},
		{"1970-01-01T00:00:00.5Z", "1970-01-01T00:00:01Z", Second, 0, true},
		{"1970-01-01T00:00:01Z", "1970-01-01T00:00:00.5Z", Second, 0, true},
		{"1970-01-01T00:00:01.9Z", "1970-01-01T00:00:00Z", Second, -1, true},
		{"1970-01-01T00:00:00.0000015Z", "1970-01-01T00:00:00Z", Microsecond, -1, true},
		{"1970-01-01T00:00:00.9Z", "1970-01-01T00:00:02.1Z", Millisecond, 1200, true},
		{"1970-01-01T00:00:02.1Z", "1970-01-01T00:00:00.9Z", Millisecond, -1200, true},
		{"1970-01-01T00:00:00Z", "2262-04-11T23:47:16.854775807Z", Nanosecond, math.MaxInt64, true},
		{"1970-01-01T00:00:00Z", "2262-04-11T23:47:16.854775808Z", Nanosecond, 0, false},
		{"-999999999-01-01T00:00:00Z", "+999999999-12-31T00:00:00Z", Day, int64(MaxDate - MinDate), true},
		{"-999999999-01-01T00:00:00Z", "+999999999-12-31T00:00:00Z", Microsecond, 0, false},
	}
	for _, c := range cases {
		if got, ok := at(c.from).Until(at(c.to), c.unit); ok != c.ok || ok && got != c.want {
			t.Errorf("from %s to %s: %d, %v, want %d", c.from, c.to, got, ok, c.want)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"1970-01-01T00:00:00Z", "+12345-06-30T24:00+01:30:15", "-0001-02-31t23:59:59.123456789-0800", "2019-05-27"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d, ok := ParseDate(s); ok {
			if again, ok := ParseDate(d.String()); !ok || again != d {
				t.Fatalf("%q is %v, which is %v", s, d, again)
			}
		}
		v, ok := ParseTime(s)
		if !ok {
			return
		}
		if again, ok := TimeOf(v.Sec, int64(v.Nano)); !ok || again != v {
			t.Fatalf("%q is out of range: %#v", s, v)
		}
		year, _, _ := v.Civil()
		if again, ok := ParseTime(v.String()); year < 1e9 && year > -1e9 && (!ok || again != v) {
			t.Fatalf("%q is %v, which is %v", s, v, again)
		}
		if std, err := time.Parse(time.RFC3339Nano, s); err == nil && !std.Equal(v.Go()) {
			t.Fatalf("%q is %v, in Go %v", s, v, std)
		}
	})
}
