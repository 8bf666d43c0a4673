// Package reference writes the reference of the language from the table of
// functions: one page in Markdown for each family, and an index. The pages
// are checked in beside it; a test fails when the table gives others.
//
// It owns how a row reads, on a page and in a terminal.
package reference
