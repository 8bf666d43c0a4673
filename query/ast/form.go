package ast

// Effect is what evaluating something may do.
type Effect uint8

// The effects, weakest first.
const (
	Pure Effect = iota
	Read
	Write
)

// Syntax says how an operand is written.
type Syntax uint8

// The ways to write an operand.
const (
	Expression     Syntax = iota // any expression
	LambdaOnly                   // a lambda literal
	LambdaOrExpr                 // a lambda literal or an expression (join)
	ExpressionList               // a JSON array literal with at least one item (do)
	Operands                     // as ExpressionList, but a bare expression may stand for one item (and, or)
	Quoted                       // data, not evaluated (quote)
)

// Operand is one key of a form.
type Operand struct {
	Key      string
	Optional bool
	Syntax   Syntax
	// Alternative operands exclude each other: at most one is written (the
	// cursors of paginate).
	Alternative bool
	// Named puts the operand into the options object that ends the call in
	// text: Paginate(set, { size: 10 }).
	Named bool
	// Variadic lets the operand take the remaining arguments of the call in
	// text: one is sent bare, several as an array; none leave an optional
	// operand out and send a required one as [].
	Variadic bool
	// Nullable lets the operand be left out in text; null is sent: Now().
	Nullable bool
}

// Form is how a function is written: in JSON an object with these keys, in
// text a call of this name. Forms are made by package query from its table.
type Form struct {
	Name     string    // in text: "Paginate"
	Alias    string    // another name that is read in text, or ""
	Operands []Operand // in declared order, which is the order of evaluation
	Order    []int     // order of the operands in text, as indices; nil is the declared one
	Effect   Effect    // of the form itself, without its operands
	ID       int       // the row's place in the table
	// Delayed says that the form keeps its operands without evaluating them
	// (query): their effects are not its own.
	Delayed bool
	// Missing is the reason why the form cannot be evaluated, "" when it can.
	Missing string

	required int // how many operands are not optional; NewForms counts them
}

// Forms finds a form by its set of keys, or by its name in text.
type Forms struct {
	byVerb map[string][]*Form
	byName map[string]*Form
	list   []*Form
}

// NewForms returns the lookup over forms. The first operand of a form is its
// verb and not optional. It panics when two forms have a set of keys or a
// name in common: the table is wrong then.
func NewForms(forms []*Form) *Forms {
	f := &Forms{byVerb: map[string][]*Form{}, byName: map[string]*Form{}, list: forms}
	for _, form := range forms {
		if f.byName[form.Name] != nil {
			panic("ast: two forms are called " + form.Name)
		}
		f.byName[form.Name] = form
		if form.Alias != "" {
			if f.byName[form.Alias] != nil {
				panic("ast: two forms are called " + form.Alias)
			}
			f.byName[form.Alias] = form
		}
		form.required = 0
		for _, o := range form.Operands {
			if !o.Optional {
				form.required++
			}
		}
		verb := form.Operands[0]
		if verb.Optional {
			panic("ast: the verb of " + form.Name + " is optional")
		}
		f.byVerb[verb.Key] = append(f.byVerb[verb.Key], form)
	}
	for _, form := range forms {
		for _, o := range form.Operands {
			for _, other := range f.byVerb[o.Key] {
				if other != form && form.requiresOnly(other) && other.requiresOnly(form) {
					panic("ast: " + form.Name + " and " + other.Name + " can have the same keys")
				}
			}
		}
	}
	return f
}

// requiresOnly reports whether all that f requires are keys of other.
func (f *Form) requiresOnly(other *Form) bool {
	for i := range f.Operands {
		if o := &f.Operands[i]; !o.Optional && other.operand(o.Key) == nil {
			return false
		}
	}
	return true
}

func (f *Form) operand(key string) *Operand {
	for i := range f.Operands {
		if f.Operands[i].Key == key {
			return &f.Operands[i]
		}
	}
	return nil
}

// writtenWith reports whether keys, which are distinct, hold all that f
// requires, nothing that it does not know, and at most one alternative.
func (f *Form) writtenWith(keys []string) bool {
	if len(keys) < f.required || len(keys) > len(f.Operands) {
		return false
	}
	missing, alternatives := f.required, 0
	for _, key := range keys {
		o := f.operand(key)
		if o == nil {
			return false
		}
		if !o.Optional {
			missing--
		}
		if o.Alternative {
			alternatives++
		}
	}
	return missing == 0 && alternatives <= 1
}

// ByKeys returns the form that is written with exactly these keys, which are
// distinct, in any order, or nil.
func (f *Forms) ByKeys(keys []string) *Form {
	for _, key := range keys {
		for _, form := range f.byVerb[key] {
			if form.writtenWith(keys) {
				return form
			}
		}
	}
	return nil
}

// ByName returns the form called name in text, also as an alias, or nil.
func (f *Forms) ByName(name string) *Form { return f.byName[name] }

// All returns the forms in the table's order.
func (f *Forms) All() []*Form { return f.list }

// Quote returns the tree of data that form quotes. Only an object needs to be
// quoted: an array becomes an array with its objects quoted, everything else
// stands for itself.
// Source: chapter on functions, section 7.7.
func Quote(form *Form, data Expr) Expr {
	switch data := data.(type) {
	case *Object:
		return &Call{Form: form, Args: []Expr{data}}
	case *Array:
		var items []Expr
		for _, item := range data.Items {
			items = append(items, Quote(form, item))
		}
		return NewArray(items)
	default:
		return data
	}
}

// EffectOf returns the strongest effect that evaluating e may have.
func EffectOf(e Expr) Effect {
	switch e := e.(type) {
	case nil, *Literal, *Ref, *Var, *QueryLiteral, *SetLiteral:
		return Pure
	case *Array:
		return effectOfAll(e.Items)
	case *Object:
		return effectOfAll(e.Values)
	case *Wrapped:
		return EffectOf(e.Expr)
	case *Let:
		return max(effectOfAll(e.Values), EffectOf(e.In))
	case *Lambda:
		return EffectOf(e.Body)
	case *Call:
		if e.Form.Delayed {
			return e.Form.Effect
		}
		return max(e.Form.Effect, effectOfAll(e.Args))
	default:
		panic("ast: unknown expression")
	}
}

func effectOfAll(list []Expr) Effect {
	effect := Pure
	for _, e := range list {
		switch e.(type) {
		case nil, *Literal, *Var: // most are, and have none
		default:
			effect = max(effect, EffectOf(e))
		}
	}
	return effect
}
