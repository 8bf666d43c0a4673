package pattern

import (
	"strings"
	"unicode"
)

// property returns the characters of \p{name}.
func property(name string, f flags) (set, bool) {
	if key, val, ok := strings.Cut(name, "="); ok {
		switch strings.ToLower(key) {
		case "sc", "script":
			return script(val)
		case "blk", "block":
			return block(val)
		case "gc", "general_category":
			return category(val, f)
		}
		return nil, false
	}
	if rest, ok := strings.CutPrefix(name, "In"); ok {
		return block(rest)
	}
	if rest, ok := strings.CutPrefix(name, "Is"); ok {
		if s, ok := named(unicodePosix, strings.ToUpper(rest), f); ok {
			return s, true
		}
		if s, ok := named(binaries, strings.ToUpper(rest), f); ok {
			return s, true
		}
		if s, ok := category(rest, f); ok {
			return s, true
		}
		return script(rest)
	}
	if f.has(unicodeClasses) {
		if s, ok := named(unicodePosix, strings.ToUpper(name), f); ok {
			return s, true
		}
	}
	return category(name, f)
}

func block(name string) (set, bool) {
	s, ok := blocks[strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(name))]
	return set{s}, ok
}

func script(name string) (set, bool) {
	name = strings.ToLower(name)
	if name == "unknown" || name == "zzzz" {
		var all set
		for _, table := range unicode.Scripts {
			all = all.union(tables(table))
		}
		return all.negated(), true
	}
	if full, ok := scriptCodes[name]; ok {
		return tables(unicode.Scripts[full]), true
	}
	for full, table := range unicode.Scripts {
		if strings.ToLower(full) == name {
			return tables(table), true
		}
	}
	return nil, false
}

// category returns the characters of a general category, or of one of the
// other names that the dialect has without prefix.
func category(name string, f flags) (set, bool) {
	if f.has(ignoreCase) {
		switch name {
		case "Lu", "Ll", "Lt":
			name = "LC"
		case "Lower", "Upper":
			name = "Alpha"
		}
	}
	if s, ok := posix[name]; ok {
		return s, true
	}
	if s, ok := named(javaClasses, name, f); ok {
		return s, true
	}
	switch name {
	case "Cn":
		return assigned().negated(), true
	case "C":
		return assigned().negated().union(tables(unicode.C)), true
	}
	if table, ok := unicode.Categories[name]; ok && len(name) <= 2 {
		return tables(table), true
	}
	return nil, false
}

// named returns the set that a table has under a name. Without regard to
// case, those of one case become those of any.
func named(table map[string]func() set, name string, f flags) (set, bool) {
	make, ok := table[name]
	if !ok {
		return nil, false
	}
	if f.has(ignoreCase) && ofOneCase[name] {
		return withoutCase(), true
	}
	return make(), true
}

// ofOneCase are the names of sets that change without regard to case.
var ofOneCase = map[string]bool{
	"LOWERCASE": true, "UPPERCASE": true, "TITLECASE": true, "LOWER": true, "UPPER": true,
	"javaLowerCase": true, "javaUpperCase": true, "javaTitleCase": true,
}

// posix are the classes of POSIX, which have ASCII characters only, and three
// ranges.
var posix = map[string]set{
	"ASCII":  {{0, 0x7F}},
	"Alnum":  {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}},
	"Alpha":  {{'A', 'Z'}, {'a', 'z'}},
	"Blank":  {{'\t', '\t'}, {' ', ' '}},
	"Cntrl":  {{0, 0x1F}, {0x7F, 0x7F}},
	"Digit":  {{'0', '9'}},
	"Graph":  {{'!', '~'}},
	"Lower":  {{'a', 'z'}},
	"Print":  {{' ', '~'}},
	"Punct":  {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}},
	"Space":  {{'\t', '\r'}, {' ', ' '}},
	"Upper":  {{'A', 'Z'}},
	"XDigit": {{'0', '9'}, {'A', 'F'}, {'a', 'f'}},
	"L1":     {{0, 0xFF}},
	"all":    everything,
}

// javaClasses are the characters for which a method of Java's class Character
// is true: \p{javaLowerCase} asks isLowerCase. Whether a character is mirrored
// in text from right to left is not known here.
var javaClasses = map[string]func() set{
	"LC":                      of(unicode.Lu, unicode.Ll, unicode.Lt),
	"LD":                      of(unicode.L, unicode.Nd),
	"javaLowerCase":           lowercase,
	"javaUpperCase":           uppercase,
	"javaTitleCase":           of(unicode.Lt),
	"javaAlphabetic":          alphabetic,
	"javaIdeographic":         of(unicode.Ideographic),
	"javaDigit":               of(unicode.Nd),
	"javaDefined":             assigned,
	"javaLetter":              of(unicode.L),
	"javaLetterOrDigit":       of(unicode.L, unicode.Nd),
	"javaJavaIdentifierStart": of(unicode.L, unicode.Nl, unicode.Sc, unicode.Pc),
	"javaJavaIdentifierPart": func() set {
		return tables(unicode.L, unicode.Nl, unicode.Sc, unicode.Pc, unicode.Nd, unicode.Mc, unicode.Mn).
			union(identifierIgnorable())
	},
	"javaUnicodeIdentifierStart": identifierStart,
	"javaUnicodeIdentifierPart": func() set {
		return tables(unicode.Pc, unicode.Nd, unicode.Mc, unicode.Mn, unicode.Other_ID_Continue).
			union(identifierStart()).union(identifierIgnorable())
	},
	"javaIdentifierIgnorable": identifierIgnorable,
	"javaSpaceChar":           of(unicode.Z),
	"javaWhitespace": func() set {
		return tables(unicode.Z).intersect(setOf("\u00a0\u2007\u202f").negated()).
			union(set{{'\t', '\r'}, {0x1C, 0x1F}})
	},
	"javaISOControl": func() set { return set{{0, 0x1F}, {0x7F, 0x9F}} },
}

// binaries are properties of Unicode that a character has or has not, by their
// names in capitals.
var binaries = map[string]func() set{
	"ALPHABETIC":              alphabetic,
	"LETTER":                  of(unicode.L),
	"IDEOGRAPHIC":             of(unicode.Ideographic),
	"LOWERCASE":               lowercase,
	"UPPERCASE":               uppercase,
	"TITLECASE":               of(unicode.Lt),
	"WHITE_SPACE":             of(unicode.White_Space),
	"WHITESPACE":              of(unicode.White_Space),
	"CONTROL":                 of(unicode.Cc),
	"PUNCTUATION":             of(unicode.P),
	"HEX_DIGIT":               of(unicode.Nd, unicode.Hex_Digit),
	"HEXDIGIT":                of(unicode.Nd, unicode.Hex_Digit),
	"ASSIGNED":                assigned,
	"NONCHARACTER_CODE_POINT": of(unicode.Noncharacter_Code_Point),
	"NONCHARACTERCODEPOINT":   of(unicode.Noncharacter_Code_Point),
	"WORD":                    word,
	"JOIN_CONTROL":            of(unicode.Join_Control),
	"JOINCONTROL":             of(unicode.Join_Control),
}

// unicodePosix are the classes of POSIX for all characters, as they are under
// the flag U or with the prefix Is, by their names in capitals.
var unicodePosix = map[string]func() set{
	"ALPHA":  alphabetic,
	"LOWER":  lowercase,
	"UPPER":  uppercase,
	"SPACE":  of(unicode.White_Space),
	"PUNCT":  of(unicode.P),
	"XDIGIT": of(unicode.Nd, unicode.Hex_Digit),
	"ALNUM":  func() set { return alphabetic().union(tables(unicode.Nd)) },
	"CNTRL":  of(unicode.Cc),
	"DIGIT":  of(unicode.Nd),
	"BLANK":  func() set { return tables(unicode.Zs).union(set{{'\t', '\t'}}) },
	"GRAPH":  graphic,
	"PRINT":  func() set { return graphic().union(tables(unicode.Zs)) },
}

func of(list ...*unicode.RangeTable) func() set {
	return func() set { return tables(list...) }
}

func withoutCase() set { return lowercase().union(uppercase()).union(tables(unicode.Lt)) }

func lowercase() set { return tables(unicode.Ll, unicode.Other_Lowercase) }
func uppercase() set { return tables(unicode.Lu, unicode.Other_Uppercase) }

func alphabetic() set { return tables(unicode.L, unicode.Nl, unicode.Other_Alphabetic) }

func assigned() set {
	return tables(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

// graphic are the characters that leave ink.
func graphic() set {
	return assigned().intersect(tables(unicode.Zs, unicode.Zl, unicode.Zp, unicode.Cc, unicode.Cs).negated())
}

// word are the characters of \w under the flag U.
func word() set {
	return alphabetic().union(tables(unicode.M, unicode.Nd, unicode.Pc, unicode.Join_Control))
}

func identifierStart() set { return tables(unicode.L, unicode.Nl, unicode.Other_ID_Start) }

func identifierIgnorable() set {
	return tables(unicode.Cf).union(set{{0, 0x08}, {0x0E, 0x1B}, {0x7F, 0x9F}})
}

// predefined returns the characters of a class that is written as a backslash
// and a letter, which is given in lower case.
func predefined(letter rune, f flags) set {
	unicodeWide := f.has(unicodeClasses)
	switch letter {
	case 'd':
		if unicodeWide {
			return tables(unicode.Nd)
		}
		return set{{'0', '9'}}
	case 'w':
		if unicodeWide {
			return word()
		}
		return set{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}
	case 's':
		if unicodeWide {
			return tables(unicode.White_Space)
		}
		return set{{'\t', '\r'}, {' ', ' '}}
	case 'h':
		return newSet(span{'\t', '\t'}, span{' ', ' '}, span{0xA0, 0xA0}, span{0x1680, 0x1680}, span{0x180E, 0x180E},
			span{0x2000, 0x200A}, span{0x202F, 0x202F}, span{0x205F, 0x205F}, span{0x3000, 0x3000})
	case 'v':
		return set{{'\n', '\r'}, {0x85, 0x85}, {0x2028, 0x2029}}
	}
	return nil
}
