package dfx

import (
	"context"
	"fmt"
	"time"

	"github.com/fawndb/fawn/query/value"
	"github.com/fawndb/fawn/server/tokens"
)

// schema is what the door needs in its database, beside what the services have
// in common. Each query does nothing where the thing exists.
var schema = []string{
	`If(Exists(Collection("dfx_orgs")), null, CreateCollection({ name: "dfx_orgs" }))`,
	`If(Exists(Collection("dfx_licenses")), null, CreateCollection({ name: "dfx_licenses" }))`,
	`If(Exists(Collection("dfx_devices")), null, CreateCollection({ name: "dfx_devices" }))`,
	`If(Exists(Index("dfx_orgs_by_identifier")), null, CreateIndex({
		name: "dfx_orgs_by_identifier", source: Collection("dfx_orgs"), unique: true,
		terms: [{ field: ["data", "identifier"] }]
	}))`,
	`If(Exists(Index("dfx_licenses_by_key")), null, CreateIndex({
		name: "dfx_licenses_by_key", source: Collection("dfx_licenses"), unique: true,
		terms: [{ field: ["data", "key_hash"] }]
	}))`,
	`If(Exists(Index("dfx_tokens_by_license")), null, CreateIndex({
		name: "dfx_tokens_by_license", source: Tokens(),
		terms: [{ field: ["service", "license"] }, { field: ["service", "kind"] }]
	}))`,
}

func prepare(ctx context.Context, s *tokens.Service) error {
	for _, q := range schema {
		if _, err := s.DB().Query(ctx, s.Secret(), q, nil); err != nil {
			return fmt.Errorf("dfx: make the schema: %w", err)
		}
	}
	return nil
}

// organisation is what a document of dfx_orgs says:
//
//	{identifier: "acme", session_max_seconds: 86400, policy: {PasswordMinLength: 12}, isActive: true}
//
// One without a document has the server's policy.
type organisation struct {
	active     bool
	sessionMax time.Duration // 0 is for ever
	policy     Policy
}

func (d *Door) organisation(tx *tokens.Tx, identifier string) (*organisation, error) {
	o := &organisation{active: true, policy: *d.options.Policy}
	doc, err := tx.Indexed("dfx_orgs_by_identifier", identifier)
	if doc == nil || err != nil {
		return o, err
	}
	var data struct {
		Seconds int64 `fauna:"session_max_seconds"`
	}
	if err := decodeData(tx, doc, &data); err != nil {
		return nil, err
	}
	o.active = tokens.Active(doc)
	o.sessionMax = time.Duration(data.Seconds) * time.Second
	if p := tokens.Data(doc, "policy"); p != nil {
		if err := tx.Decode(p, &o.policy); err != nil {
			return nil, fmt.Errorf("dfx: the policy of %q: %w", identifier, err)
		}
	}
	o.policy.inForce(data.Seconds, d.MaxPassword())
	return o, nil
}

// decodeData stores the data of a document in what target points to.
func decodeData(tx *tokens.Tx, doc *value.Document, target any) error {
	data, _, err := doc.Field("data")
	if err == nil {
		err = tx.Decode(data, target)
	}
	if err != nil {
		return fmt.Errorf("dfx: %s: %w", tx.Path(doc.Ref), err)
	}
	return nil
}
