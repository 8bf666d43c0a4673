package main

import (
	"context"
	"log/slog"
	"time"
)

const (
	// looking is how often the clock is looked at.
	looking = 10 * time.Second
	// tolerated is how far the clock may be set back without a word.
	tolerated = 5 * time.Second
)

// watchClock tells the log when the system clock is set back. Times of commits
// go on all the same, and what has expired stays so.
func watchClock(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(looking)
	defer ticker.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			now := time.Now()
			// Sub counts what has really passed; without it, what the clock shows.
			if back := setBack(now.Sub(last), now.Round(0).Sub(last.Round(0))); back > tolerated {
				log.Warn("the system clock was set back", "by", back)
			}
			last = now
		}
	}
}

// setBack is by how much the clock was set back while some time passed and it
// showed that other time has; 0 if it was not.
func setBack(passed, shown time.Duration) time.Duration { return max(0, passed-shown) }
