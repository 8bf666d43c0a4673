package main

import (
	"bufio"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite"
)

// errWrong is an answer that is not what was stored.
var errWrong = errors.New("wrong answer")

// tokens is a database of SQLite as an application has it: durable, with
// write-ahead log, by database/sql with prepared statements.
type tokens struct {
	users, count int
	next         atomic.Int64

	bySecret, byUser, page, insert *sql.Stmt
}

// token is the document of a token.
type token struct {
	Instance int64             `json:"instance"`
	Data     map[string]string `json:"data"`
}

const schema = `
	PRAGMA journal_mode = WAL;
	CREATE TABLE users (id INTEGER PRIMARY KEY, doc TEXT NOT NULL);
	CREATE TABLE tokens (id INTEGER PRIMARY KEY, secret BLOB NOT NULL UNIQUE, instance INTEGER NOT NULL, doc TEXT NOT NULL);
	CREATE INDEX tokens_by_instance ON tokens (instance)`

func digest(n int) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "secret %d", n))
	return sum[:]
}

func (t *tokens) document(n int) (string, error) {
	b, err := json.Marshal(token{int64(n % t.users), map[string]string{"name": "Firefox on Linux, at home, in the study"}})
	return string(b), err
}

// sqlite fills a database and says "ready". For each line of its input, a
// measure and how long it may take, "verify 500ms", it prints "=" and the
// figure: of "write" a rate, of all others nanoseconds.
func sqlite(file string, users int) error {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=synchronous(FULL)&_pragma=busy_timeout(60000)&_txlock=immediate")
	if err != nil {
		return err
	}
	t := &tokens{users: users, count: users * perUser}
	if err = t.fill(db); err == nil {
		err = t.serve()
	}
	return errors.Join(err, db.Close())
}

// serve measures what it is asked for.
func (t *tokens) serve() error {
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var name, limit string
		if _, err := fmt.Sscan(in.Text(), &name, &limit); err != nil {
			return err
		}
		d, err := time.ParseDuration(limit)
		if err != nil {
			return err
		}
		figure, err := t.measure(name, d)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Println("=", figure)
	}
	return in.Err()
}

func (t *tokens) measure(name string, d time.Duration) (float64, error) {
	switch name {
	case "verify":
		p50, _, err := repeat(1, d, t.verify)
		return p50, err
	case "map":
		p50, _, err := repeat(1, d, t.ofUser)
		return p50, err
	case "list":
		p50, _, err := repeat(1, d, t.list)
		return p50 / listPage, err
	case "write":
		_, rate, err := repeat(64, d, t.create)
		return rate, err
	}
	return 0, errors.New("no such measure")
}

// repeat lets n workers do something over and over; it returns the median of
// its time in nanoseconds, and how often a second it was done.
func repeat(n int, d time.Duration, do func() error) (p50, rate float64, err error) {
	var mu sync.Mutex
	var all []time.Duration
	var workers sync.WaitGroup
	begin := time.Now()
	for range n {
		workers.Go(func() {
			var own []time.Duration
			var failed error
			for time.Since(begin) < d && failed == nil {
				from := time.Now()
				failed = do()
				own = append(own, time.Since(from))
			}
			mu.Lock()
			defer mu.Unlock()
			all, err = append(all, own...), errors.Join(err, failed)
		})
	}
	workers.Wait()
	rate = float64(len(all)) / time.Since(begin).Seconds()
	slices.Sort(all)
	return float64(all[len(all)/2]), rate, err
}

func (t *tokens) fill(db *sql.DB) error {
	if _, err := db.Exec(schema); err != nil {
		return err
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	for n := range t.users {
		if _, err := tx.Exec("INSERT INTO users VALUES (?, ?)", n, `{"data":{"name":"Alice"}}`); err != nil {
			return err
		}
	}
	const insert = "INSERT INTO tokens VALUES (?, ?, ?, ?)"
	for n := range t.count {
		doc, err := t.document(n)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insert, n, digest(n), n%t.users, doc); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	t.next.Store(int64(t.count))
	for _, s := range []struct {
		stmt **sql.Stmt
		q    string
	}{
		{&t.bySecret, "SELECT doc FROM tokens WHERE secret = ?"},
		{&t.byUser, "SELECT doc FROM tokens WHERE instance = ?"},
		{&t.page, "SELECT doc FROM tokens WHERE id >= ? ORDER BY id LIMIT ?"},
		{&t.insert, insert},
	} {
		if *s.stmt, err = db.Prepare(s.q); err != nil {
			return err
		}
	}
	return nil
}

// verify finds a token by its secret: one row of one table.
func (t *tokens) verify() error {
	var doc string
	return t.bySecret.QueryRow(digest(rand.IntN(t.count))).Scan(&doc)
}

// ofUser reads and decodes the tokens of a user.
func (t *tokens) ofUser() error {
	return decode(perUser)(t.byUser.Query(rand.IntN(t.users)))
}

// listPage is how many tokens list reads at a time.
const listPage = 1000

// list reads and decodes a part of all tokens.
func (t *tokens) list() error {
	n := min(listPage, t.count)
	return decode(n)(t.page.Query(rand.IntN(t.count-n+1), n))
}

// decode returns a function that decodes a column of n documents.
func decode(n int) func(rows *sql.Rows, err error) error {
	return func(rows *sql.Rows, err error) error {
		if err != nil {
			return err
		}
		found := 0
		for ; rows.Next(); found++ {
			var doc []byte
			var t token
			err := rows.Scan(&doc)
			if err == nil {
				err = json.Unmarshal(doc, &t)
			}
			if err != nil {
				return errors.Join(err, rows.Close())
			}
		}
		if found != n {
			err = fmt.Errorf("%w: %d documents", errWrong, found)
		}
		return errors.Join(err, rows.Err(), rows.Close())
	}
}

// create makes a token, durable when it returns.
func (t *tokens) create() error {
	n := int(t.next.Add(1))
	doc, err := t.document(n)
	if err != nil {
		return err
	}
	_, err = t.insert.Exec(n, digest(n), n%t.users, doc)
	return err
}
