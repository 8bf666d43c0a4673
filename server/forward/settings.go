package forward

import (
	"fmt"
	"strings"
)

// ParsePolicies reads named policies as settings have them: a name, a colon, and
// the query that a proxy would ask with.
//
//	api:permission=createA&kind=mono.bearer
func ParsePolicies(list []string) (map[string]Policy, error) {
	out := map[string]Policy{}
	for _, text := range list {
		name, query, ok := strings.Cut(text, ":")
		if !ok {
			return nil, fmt.Errorf("forward: the policy %q has no colon behind its name", text)
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("forward: there are two policies %q", name)
		}
		p, err := parsePolicy(query)
		if err != nil {
			return nil, fmt.Errorf("forward: policy %q: %w", name, err)
		}
		out[name] = *p
	}
	return out, nil
}
