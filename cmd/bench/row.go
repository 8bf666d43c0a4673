package main

import (
	"fmt"
	"slices"
	"time"
)

// row is one goal: how Fawn compares with its floor.
type row struct {
	number string // of the goal; the same goal may have several rows
	name   string
	unit   unit
	must   float64 // the ratio asked for, Fawn to floor: at least in a rate, at most in all else
	most   float64 // set in place of must: what Fawn's figure may be, whatever the floor's
	rounds int     // how many rounds at most, where one is long; 0 for as many as are asked for
	// start readies the two sides; stop, which may be nil, ends them.
	start func(w *world) (floor, fawn side, stop func() error, err error)
}

// unit says what is measured.
type unit int

const (
	times   unit = iota // nanoseconds: less is better
	rates               // a second: more is better
	slow                // likewise, but shown by the minute
	growths             // a time with many tokens to that with few: less is better
	sizes               // bytes: less is better
	counts              // entries read: less is better
)

// side measures for about d.
type side func(d time.Duration) (figure, error)

// figure is what a side has measured: a time in nanoseconds, or a rate, and
// the processor time of one thing done, in nanoseconds. The client's work is in
// it, so where the processors are the bound, and nobody else uses them, the
// ratio of these is that of the rates.
type figure struct{ value, work float64 }

// measure takes the two sides in turn and prints the medians, and the median,
// the least and the greatest of the rounds' ratios.
func (r row) measure(w *world, c config) (err error) {
	floor, fawn, stop, err := r.start(w)
	if err != nil {
		return err
	}
	if stop != nil {
		defer func() {
			if e := stop(); err == nil {
				err = e
			}
		}()
	}
	var floors, fawns, ratios, works []float64
	rounds := c.rounds
	if r.rounds > 0 {
		rounds = min(rounds, r.rounds)
	}
	for n := range rounds + 1 {
		f, err := floor(c.slice)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		m, err := fawn(c.slice)
		if err != nil {
			return fmt.Errorf("fawn: %w", err)
		}
		if n == 0 {
			continue // both are warm now
		}
		floors, fawns = append(floors, f.value), append(fawns, m.value)
		ratios = append(ratios, m.value/f.value)
		if f.work > 0 { // else it is another program's
			works = append(works, m.work/f.work)
		}
	}
	slices.Sort(ratios)
	work := ""
	if r.unit.isRate() && len(works) > 0 {
		work = fmt.Sprintf("%.2f", median(works))
	}
	fmt.Printf("%-4s %-46s %10s %10s %7.2f  %-14s %6s  %s\n", r.number, r.name,
		r.unit.format(median(floors)), r.unit.format(median(fawns)), median(ratios),
		fmt.Sprintf("(%.2f..%.2f)", ratios[0], ratios[len(ratios)-1]), work, r.verdict(median(ratios), median(fawns)))
	return nil
}

func (r row) verdict(ratio, fawn float64) string {
	asked, reached := fmt.Sprintf("<= %.2f", r.must), ratio <= r.must
	switch {
	case r.most > 0:
		asked, reached = "<= "+r.unit.format(r.most), fawn <= r.most
	case r.unit.isRate():
		asked, reached = fmt.Sprintf(">= %.2f", r.must), ratio >= r.must
	}
	if reached {
		return asked + "  ok"
	}
	return asked + "  MISSED"
}

func (u unit) isRate() bool { return u == rates || u == slow }

func (u unit) format(v float64) string {
	switch u {
	case rates:
		return fmt.Sprintf("%.0f/s", v)
	case slow:
		return fmt.Sprintf("%.0f/min", v*60)
	case growths:
		return fmt.Sprintf("%.2f x", v)
	case sizes:
		return fmt.Sprintf("%.1f MiB", v/(1<<20))
	case counts:
		return fmt.Sprintf("%.0f", v)
	default:
		if v >= 1e7 {
			return fmt.Sprintf("%.1f ms", v/1e6)
		}
		return fmt.Sprintf("%.2f us", v/1e3)
	}
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	n := len(list) / 2
	if len(list)%2 == 0 {
		return (list[n-1] + list[n]) / 2
	}
	return list[n]
}

// p50 is a side that does one thing after the other and returns their median
// time.
func p50(do func() error) side {
	samples := make([]float64, 0, 1<<18)
	return func(d time.Duration) (figure, error) {
		samples = samples[:0]
		begin := time.Now()
		for now := begin; now.Sub(begin) < d && len(samples) < cap(samples); {
			if err := do(); err != nil {
				return figure{}, err
			}
			next := time.Now()
			samples = append(samples, float64(next.Sub(now)))
			now = next
		}
		slices.Sort(samples)
		return figure{value: samples[len(samples)/2]}, nil
	}
}

// rate is a side of n workers that do one thing after the other, each for
// itself; it returns how often a second they do it together.
func rate(n int, worker func(i int) (func() error, error)) (side, error) {
	do := make([]func() error, n)
	for i := range do {
		var err error
		if do[i], err = worker(i); err != nil {
			return nil, err
		}
	}
	return func(d time.Duration) (figure, error) {
		type count struct {
			n   int
			err error
		}
		done := make(chan count, n)
		begin, work := time.Now(), processorTime()
		for _, f := range do {
			go func() {
				var c count
				for time.Since(begin) < d && c.err == nil {
					c.err = f()
					c.n++
				}
				done <- c
			}()
		}
		total := 0
		var err error
		for range do {
			c := <-done
			total += c.n
			if c.err != nil {
				err = c.err
			}
		}
		work = processorTime() - work
		return figure{float64(total) / time.Since(begin).Seconds(), float64(work) / float64(total)}, err
	}, nil
}
