package query

import (
	"math"

	"github.com/fawndb/fawn/query/value"
)

// rounding is one way to cut a number off at a decimal place. The formulas
// are public: programs see what they do to negative numbers (0.5 is added
// before truncation, so that -5.678 becomes -5.67) and past nine places.
// Source: chapter on functions, section 12.4.
type rounding struct {
	// half is added in units of the last place that is kept.
	half float64
	// whole makes the result of a precision up to 0 whole again.
	whole bool
}

var (
	round = rounding{half: 0.5, whole: true}
	trunc = rounding{}
)

// doublePrecision is the precision of a double when none is given.
const doublePrecision = 2

// rounded rounds args[0] to args[1] places, nil when no precision is given.
func rounded(args []value.Value, r rounding) value.Value {
	places, given := args[1].(value.Long)
	if n, ok := args[0].(value.Long); ok {
		if !given || places > 0 {
			return n
		}
		return value.Long(value.Truncate(r.tens(float64(n), places)))
	}
	x := float(args[0])
	if !given {
		places = doublePrecision
	}
	if places > 0 {
		return value.Double(r.decimals(x, places))
	}
	y := r.tens(x, places)
	if r.whole {
		y = float64(value.Truncate(y))
	}
	return value.Double(y)
}

// decimals keeps places > 0 digits after the point.
func (r rounding) decimals(x float64, places value.Long) float64 {
	scale := math.Min(powerOfTen(places), math.MaxInt32)
	whole := float64(value.Truncate(x))
	return whole + float64(value.Truncate((x-whole+r.half/scale)*scale))/scale
}

// tens makes the last -places digits before the point 0; places <= 0.
func (r rounding) tens(x float64, places value.Long) float64 {
	scale := powerOfTen(places)
	// The conversion keeps the compiler from fusing product and sum.
	return float64(value.Truncate(float64(x*scale)+r.half)) / scale
}

// powerOfTen returns the double nearest to 10^n.
func powerOfTen(n value.Long) float64 { return math.Pow10(int(max(-400, min(n, 400)))) }
