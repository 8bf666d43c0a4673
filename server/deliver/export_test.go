package deliver

// Wait waits until the queue is empty.
func (q *Queue) Wait() { q.work.Wait() }
