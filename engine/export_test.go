package engine

// Settle waits for work that goes on behind the queries.
func (db *DB) Settle() { db.tasks.Wait() }
