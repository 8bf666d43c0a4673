// Command peers runs databases that Fawn is measured beside, one a process, so
// that none lives in the memory of another. It is a module of its own: nobody
// who uses Fawn needs what it imports.
//
//	peers pocketbase FOLDER USERS   serves until it is interrupted
//	peers sqlite FILE USERS         measures whatever its input asks for
package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

// perUser is how many tokens every user has.
const perUser = 4

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("give a peer, a place for its data, and how many users it has")
	}
	users, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	switch args[0] {
	case "pocketbase":
		return pocketBase(args[1], users)
	case "sqlite":
		return sqlite(args[1], users)
	}
	return fmt.Errorf("no peer %q", args[0])
}
