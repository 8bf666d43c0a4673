package main

import (
	"testing"
	"time"
)

func TestSetBack(t *testing.T) {
	for _, tc := range []struct{ passed, shown, want time.Duration }{
		{10 * time.Second, 10 * time.Second, 0},
		{10 * time.Second, time.Hour, 0}, // it was set forward
		{10 * time.Second, -50 * time.Second, time.Minute},
	} {
		if got := setBack(tc.passed, tc.shown); got != tc.want {
			t.Errorf("%v passed, %v shown: %v, want %v", tc.passed, tc.shown, got, tc.want)
		}
	}
}
