// Package pattern compiles and runs the regular expressions of the language,
// which are those of java.util.regex in Java 17, compiled without flags.
//
// A pattern is read by the rules of that dialect and written again in those of
// github.com/dlclark/regexp2, a backtracking engine in the manner of .NET. What
// means the same in both goes through; classes of characters become explicit
// ranges; anchors and word boundaries, whose fine print differs, become
// look-around.
//
// Text is a string of code points. A match that would run for ever is stopped.
// Source: chapter on functions, section 16.
package pattern
