package pattern

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
)

// ErrEndless says that a match took too long or too much memory, as it does
// when (a+)+b is tried on a long run of a.
var ErrEndless = errors.New("pattern: a match takes too long")

const (
	// matchTime is how long the search for one match may take, and callTime
	// that for all matches in a text. The engine looks at its clock every
	// tenth of a second, so that a match is stopped within 350 ms. When the
	// process gets no processor for so long, a match that has just begun is
	// stopped, too: each is tried twice.
	matchTime = 150 * time.Millisecond
	callTime  = time.Second
	// matchStack is how many places to come back to a match may have open.
	matchStack = 1 << 20
)

// Pattern is a compiled regular expression. It may be used by many goroutines
// at once.
type Pattern struct {
	re     *regexp2.Regexp
	groups int
	names  map[string]int
}

func compile(source string) (*Pattern, error) {
	translated, groups, names, err := translate(source)
	if err != nil {
		return nil, err
	}
	re, err := regexp2.Compile(translated, regexp2.OptionMaxBacktrackingStackSize(matchStack))
	if err != nil {
		return nil, ErrSyntax
	}
	re.MatchTimeout = matchTime
	return &Pattern{re: re, groups: groups, names: names}, nil
}

// Match reports whether the pattern matches anywhere in s. The error is
// ErrEndless.
func (p *Pattern) Match(s string) (bool, error) {
	var ok bool
	err := twice(func() (err error) {
		ok, err = p.re.MatchString(s)
		return err
	})
	return ok, err
}

// twice calls search again when it was stopped. The error is ErrEndless.
func twice(search func() error) error {
	err := search()
	if err != nil && !errors.Is(err, regexp2.ErrBacktrackingStackLimit) {
		err = search()
	}
	if err != nil {
		return ErrEndless
	}
	return nil
}

// Find calls yield for the matches in text from left to right, which do not
// overlap, with where each begins and ends, until yield is false. After an
// empty match the search goes on one character further. The error is
// ErrEndless, or the context's when that is done.
func (p *Pattern) Find(ctx context.Context, text []rune, yield func(lo, hi int) bool) error {
	return p.find(ctx, text, func(m regexp2.MatchView) bool {
		lo, n, _ := m.GroupRange(0)
		return yield(lo, lo+n)
	})
}

func (p *Pattern) find(ctx context.Context, text []rune, yield func(m regexp2.MatchView) bool) error {
	limited, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	stopped, yielded := false, 0
	err := twice(func() error {
		seen := 0
		return p.re.FindRunesMatches(text, 0, func(m regexp2.MatchView) bool {
			if stopped = limited.Err() != nil; stopped {
				return false
			}
			if seen++; seen <= yielded {
				return true
			}
			yielded++
			return yield(m)
		})
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case stopped:
		return ErrEndless
	default:
		return err
	}
}

// Quote returns the pattern that matches s and nothing else: \Qs\E.
func Quote(s string) string {
	return `\Q` + strings.ReplaceAll(s, `\E`, `\E\\E\Q`) + `\E`
}
