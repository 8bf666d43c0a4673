package tokens

import "time"

// Role is what a secret is good for.
type Role string

// The roles. Only access authenticates a request.
const (
	Access  Role = "access"
	Refresh Role = "refresh"
	Session Role = "session"
	Reset   Role = "reset"
)

// The labels of digests that are no secret's: those of spent refresh secrets,
// and those of names.
const (
	spent  = "spent"
	called = "name"
)

// Kind says what the tokens of one kind are.
type Kind struct {
	// Name is the kind: "mono.bearer"; Service the service whose tokens they
	// are.
	Name, Service string
	// Uses is what a token is for: the role that its introspection shows.
	Uses Role
	// Access and Refresh are how long its secrets live at first; 0 is for
	// ever.
	Access, Refresh time.Duration
	// Family is how long rotation may prolong it in all; 0 is for ever.
	Family time.Duration
}

const (
	day  = 24 * time.Hour
	hour = time.Hour
)

// The kinds. Source: chapter on token services, section 4.2.
var (
	EcoRefresh  = &Kind{Name: "eco.refresh", Service: "eco", Uses: Refresh, Access: hour, Refresh: 7 * day}
	MonoSession = &Kind{Name: "mono.session", Service: "mono", Uses: Session, Access: 7 * day}
	MonoBearer  = &Kind{Name: "mono.bearer", Service: "mono", Uses: Access}
	DfxDevice   = &Kind{Name: "dfx.device", Service: "dfx", Uses: Access, Access: day, Refresh: 90 * day}
	DfxUser     = &Kind{Name: "dfx.user", Service: "dfx", Uses: Access, Access: hour, Refresh: 30 * day}
	DfxOrg      = &Kind{Name: "dfx.org", Service: "dfx", Uses: Access, Access: hour, Refresh: 30 * day}
	OAuth       = &Kind{Name: "oauth", Service: "oauth", Uses: Access, Access: hour, Refresh: 30 * day, Family: 90 * day}
	Code        = &Kind{Name: "code", Service: "dfx", Access: 10 * time.Minute}
	ResetLink   = &Kind{Name: "reset", Service: "dfx", Uses: Reset, Access: 30 * time.Minute}
)

// Fauna is what the doors call the kind of tokens that queries make.
const Fauna = "fauna"
