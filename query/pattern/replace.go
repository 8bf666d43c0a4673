package pattern

import (
	"context"
	"errors"
	"strings"

	"github.com/dlclark/regexp2/v2"
)

// The errors of Replace.
var (
	// ErrReplacement says that a replacement ends within an escape or refers
	// to a group that the pattern does not have.
	ErrReplacement = errors.New("pattern: not a valid replacement")
	// ErrLength says that a result would be longer than allowed.
	ErrLength = errors.New("pattern: result is too long")
)

// Replace puts the replacement in the place of all matches in s, or of the
// first. In it $1 and ${name} stand for what a group matched and \ takes the
// meaning from the character that follows. It is read when something matches;
// before, any will do. The errors are ErrReplacement, ErrLength, when the
// result has more than limit bytes, and those of Find.
func (p *Pattern) Replace(ctx context.Context, s, replacement string, first bool, limit int) (string, error) {
	var (
		b     strings.Builder
		parts []part
		err   error
		done  int
	)
	text := []rune(s)
	failed := p.find(ctx, text, func(m regexp2.MatchView) bool {
		if parts == nil {
			if parts, err = p.parts(replacement); err != nil {
				return false
			}
		}
		lo, n, _ := m.GroupRange(0)
		writeRunes(&b, text[done:lo])
		done = lo + n
		for _, part := range parts {
			b.WriteString(part.text)
			if lo, n, ok := m.GroupRange(part.group); ok {
				writeRunes(&b, text[lo:lo+n])
			}
			if b.Len() > limit {
				err = ErrLength
				return false
			}
		}
		return !first
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return "", err
	}
	writeRunes(&b, text[done:])
	if b.Len() > limit {
		return "", ErrLength
	}
	return b.String(), nil
}

func writeRunes(b *strings.Builder, runes []rune) {
	for _, r := range runes {
		b.WriteRune(r)
	}
}

// part is a piece of a replacement: text, then what a group matched. There is
// no group -1.
type part struct {
	text  string
	group int
}

// parts reads a replacement. There is at least one part.
func (p *Pattern) parts(replacement string) ([]part, error) {
	var out []part
	var text strings.Builder
	for i := 0; i < len(replacement); i++ {
		switch c := replacement[i]; c {
		case '\\':
			if i++; i == len(replacement) {
				return nil, ErrReplacement
			}
			text.WriteByte(replacement[i])
		case '$':
			group, length := p.groupAt(replacement[i+1:])
			if group < 0 {
				return nil, ErrReplacement
			}
			out = append(out, part{text.String(), group})
			text.Reset()
			i += length
		default:
			text.WriteByte(c)
		}
	}
	return append(out, part{text.String(), -1}), nil
}

// groupAt reads the number or the name in braces at the start of s, and
// returns the group and the length, or -1. Of the digits it takes those that
// are the number of a group.
func (p *Pattern) groupAt(s string) (group, length int) {
	if name, ok := strings.CutPrefix(s, "{"); ok {
		name, _, closed := strings.Cut(name, "}")
		if group, ok := p.names[name]; ok && closed {
			return group, len(name) + 2
		}
		return -1, 0
	}
	group = -1
	for ; length < len(s) && s[length] >= '0' && s[length] <= '9'; length++ {
		n := max(group, 0)*10 + int(s[length]-'0')
		if n > p.groups {
			break
		}
		group = n
	}
	return group, length
}
