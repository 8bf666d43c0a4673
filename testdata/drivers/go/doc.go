// Package drivers runs the official drivers, unmodified, against a started
// `fawn serve`: the Go driver with a scenario of our own and with the suite
// that it ships, the JavaScript driver with the tests in ../js. It is a module
// of its own, so that whoever embeds fawn never sees the drivers.
//
// The tests of ../js need their packages: run `npm ci` there first, as
// `make test` does.
package drivers
