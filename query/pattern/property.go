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
		if s, ok := binary(rest, f); ok {
			return s, true
		}
		if s, ok := category(rest, f); ok {
			return s, true
		}
		return script(rest)
	}
	if f.has(unicodeClasses) {
		if s, ok := posixUnicode(name, f); ok {
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
		case "javaLowerCase", "javaUpperCase", "javaTitleCase":
			return withoutCase(), true
		}
	}
	if s, ok := asciiClass(name); ok {
		return s, true
	}
	if s, ok := javaClass(name); ok {
		return s, true
	}
	switch name {
	case "all":
		return everything, true
	case "L1":
		return set{{0, 0xFF}}, true
	case "LC":
		return tables(unicode.Lu, unicode.Ll, unicode.Lt), true
	case "LD":
		return tables(unicode.L, unicode.Nd), true
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

// asciiClass returns a class of POSIX, which has ASCII characters only.
func asciiClass(name string) (set, bool) {
	switch name {
	case "ASCII":
		return set{{0, 0x7F}}, true
	case "Alnum":
		return set{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, true
	case "Alpha":
		return set{{'A', 'Z'}, {'a', 'z'}}, true
	case "Blank":
		return set{{'\t', '\t'}, {' ', ' '}}, true
	case "Cntrl":
		return set{{0, 0x1F}, {0x7F, 0x7F}}, true
	case "Digit":
		return set{{'0', '9'}}, true
	case "Graph":
		return set{{'!', '~'}}, true
	case "Lower":
		return set{{'a', 'z'}}, true
	case "Print":
		return set{{' ', '~'}}, true
	case "Punct":
		return set{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, true
	case "Space":
		return set{{'\t', '\r'}, {' ', ' '}}, true
	case "Upper":
		return set{{'A', 'Z'}}, true
	case "XDigit":
		return set{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, true
	}
	return nil, false
}

// javaClass returns the characters for which a method of Java's class
// Character is true: \p{javaLowerCase} asks isLowerCase. Whether a character
// is mirrored in text from right to left is not known here.
func javaClass(name string) (set, bool) {
	switch name {
	case "javaLowerCase":
		return lowercase(), true
	case "javaUpperCase":
		return uppercase(), true
	case "javaTitleCase":
		return tables(unicode.Lt), true
	case "javaAlphabetic":
		return alphabetic(), true
	case "javaIdeographic":
		return tables(unicode.Ideographic), true
	case "javaDigit":
		return tables(unicode.Nd), true
	case "javaDefined":
		return assigned(), true
	case "javaLetter":
		return tables(unicode.L), true
	case "javaLetterOrDigit":
		return tables(unicode.L, unicode.Nd), true
	case "javaJavaIdentifierStart":
		return tables(unicode.L, unicode.Nl, unicode.Sc, unicode.Pc), true
	case "javaJavaIdentifierPart":
		return tables(unicode.L, unicode.Nl, unicode.Sc, unicode.Pc, unicode.Nd, unicode.Mc, unicode.Mn).
			union(identifierIgnorable()), true
	case "javaUnicodeIdentifierStart":
		return identifierStart(), true
	case "javaUnicodeIdentifierPart":
		return identifierStart().union(identifierIgnorable()).union(
			tables(unicode.Pc, unicode.Nd, unicode.Mc, unicode.Mn, unicode.Other_ID_Continue)), true
	case "javaIdentifierIgnorable":
		return identifierIgnorable(), true
	case "javaSpaceChar":
		return tables(unicode.Z), true
	case "javaWhitespace":
		return tables(unicode.Z).intersect(setOf("\u00a0\u2007\u202f").negated()).
			union(set{{'\t', '\r'}, {0x1C, 0x1F}}), true
	case "javaISOControl":
		return set{{0, 0x1F}, {0x7F, 0x9F}}, true
	}
	return nil, false
}

// binary returns a property of Unicode that a character has or has not. Its
// name is read without regard to case.
func binary(name string, f flags) (set, bool) {
	if s, ok := posixUnicode(name, f); ok {
		return s, true
	}
	switch strings.ToUpper(name) {
	case "ALPHABETIC":
		return alphabetic(), true
	case "LETTER":
		return tables(unicode.L), true
	case "IDEOGRAPHIC":
		return tables(unicode.Ideographic), true
	case "LOWERCASE":
		return casedProperty(lowercase, f), true
	case "UPPERCASE":
		return casedProperty(uppercase, f), true
	case "TITLECASE":
		return casedProperty(func() set { return tables(unicode.Lt) }, f), true
	case "WHITE_SPACE", "WHITESPACE":
		return tables(unicode.White_Space), true
	case "CONTROL":
		return tables(unicode.Cc), true
	case "PUNCTUATION":
		return tables(unicode.P), true
	case "HEX_DIGIT", "HEXDIGIT":
		return tables(unicode.Nd, unicode.Hex_Digit), true
	case "ASSIGNED":
		return assigned(), true
	case "NONCHARACTER_CODE_POINT", "NONCHARACTERCODEPOINT":
		return tables(unicode.Noncharacter_Code_Point), true
	case "WORD":
		return word(), true
	case "JOIN_CONTROL", "JOINCONTROL":
		return tables(unicode.Join_Control), true
	}
	return nil, false
}

// posixUnicode returns what a class of POSIX means for all characters: under
// the flag U, or with the prefix Is.
func posixUnicode(name string, f flags) (set, bool) {
	switch strings.ToUpper(name) {
	case "ALPHA":
		return alphabetic(), true
	case "LOWER":
		return casedProperty(lowercase, f), true
	case "UPPER":
		return casedProperty(uppercase, f), true
	case "SPACE":
		return tables(unicode.White_Space), true
	case "PUNCT":
		return tables(unicode.P), true
	case "XDIGIT":
		return tables(unicode.Nd, unicode.Hex_Digit), true
	case "ALNUM":
		return alphabetic().union(tables(unicode.Nd)), true
	case "CNTRL":
		return tables(unicode.Cc), true
	case "DIGIT":
		return tables(unicode.Nd), true
	case "BLANK":
		return tables(unicode.Zs).union(set{{'\t', '\t'}}), true
	case "GRAPH":
		return graphic(), true
	case "PRINT":
		return graphic().union(tables(unicode.Zs)), true
	}
	return nil, false
}

func casedProperty(s func() set, f flags) set {
	if f.has(ignoreCase) {
		return withoutCase()
	}
	return s()
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
