package transfer

// SetLimit makes a reader take lines up to another length.
func (r *Reader) SetLimit(n int) { r.limit = n }
