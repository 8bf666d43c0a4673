package engine

import "github.com/fawndb/fawn/query"

// forbid refuses a change that would destroy something if the database is in
// protected mode.
// Source: chapter on documents, section 7.
func (tx *tx) forbid(what string) error {
	if tx.own.Scope == 0 {
		return nil
	}
	parent, err := tx.schemaOf(tx.own.Parent)
	if err != nil {
		return err
	}
	if self, ok := parent.Databases.Numbered(tx.own.Ref.ID); !ok || !self.Protected {
		return nil
	}
	return &query.Refusal{
		Code: query.SchemaValidationFailed, Place: query.AtForm,
		Description: what + ": destructive change forbidden because database is in protected mode.",
	}
}
