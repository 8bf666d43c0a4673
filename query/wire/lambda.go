package wire

import "github.com/fawndb/fawn/query/ast"

// lambda reads {"lambda": P, "expr": E}, in a place where nothing else may
// stand.
func (d *decoder) lambda(i int) ast.Expr {
	if d.nodes[i].kind != jsonObject {
		return d.mismatch(i, "Lambda")
	}
	params, body := d.child(i, "lambda"), d.child(i, "expr")
	if d.nodes[i].count != 2 || params < 0 || body < 0 {
		return d.unknown(i)
	}
	if l := d.function(params, body); l != nil {
		return l
	}
	return nil
}

// function reads a lambda's parameters and body. Errors of both are reported.
func (d *decoder) function(params, body int) *ast.Lambda {
	failures := d.failures
	l := &ast.Lambda{Version: d.version}
	d.scope.open()
	d.push(ast.Key("lambda"))
	d.params(l, params)
	d.pop()
	l.Body = d.under(ast.Key("expr"), body)
	l.Free = d.scope.close()
	if d.failures > failures {
		return nil
	}
	return l
}

func (d *decoder) params(l *ast.Lambda, i int) {
	switch n := &d.nodes[i]; n.kind {
	case jsonString:
		l.Single, l.Params = true, []string{d.text(i)}
	case jsonArray:
		l.Params = newNames(int(n.count))
		c := i + 1
		for k := range l.Params {
			if l.Params[k] = d.text(c); d.nodes[c].kind != jsonString {
				d.push(ast.Index(k))
				d.mismatch(c, "String")
				d.pop()
			}
			c = int(d.nodes[c].end)
		}
	default:
		d.mismatch(i, "String or Array")
	}
	for _, name := range l.Params {
		if name != "_" {
			d.scope.bind(name)
		}
	}
}

// defaultVersion is that of a lambda literal that does not say its own, and
// the lowest that one can have.
const defaultVersion = "2.12"

// version returns the version that a lambda gets by its api_version.
func version(s string) (v string, known bool) {
	switch s {
	case "2.0", "2.1", "2.7", "2.12":
		return defaultVersion, true
	case "3", "4", "5", "UNSTABLE":
		return s, true
	}
	return "", false
}

// closed reads a lambda that stands for itself: in @query, and bare in @set.
// It has a version of its own and sees no variables of its surroundings.
func (d *decoder) closed(i int) *ast.Lambda {
	if d.nodes[i].kind != jsonObject {
		d.fail("Invalid lambda.")
		return nil
	}
	params, body, api := d.child(i, "lambda"), d.child(i, "expr"), d.child(i, "api_version")
	own, known, keys := defaultVersion, true, int32(2)
	if api >= 0 {
		own, known = version(d.text(api))
		keys++
	}
	if params < 0 || body < 0 || !known || d.nodes[i].count != keys {
		d.fail("Invalid lambda.")
		return nil
	}
	outer, floor, unbound := d.version, d.scope.floor, d.unboundCount
	d.version, d.scope.floor = own, d.scope.mark()
	l := d.function(params, body)
	d.version, d.scope.floor = outer, floor
	if d.unboundCount > unbound {
		d.unboundCount = unbound
		d.unbound = d.unbound[:min(unbound, len(d.unbound))]
		if l != nil {
			d.fail("Invalid lambda.")
		}
		return nil
	}
	return l
}
