package value

import (
	"encoding/binary"
	"errors"
	"math"
)

// MaxDepth is how deep arrays, objects and lambdas may be nested in a stored
// value.
const MaxDepth = 2000

// ErrTooDeep is returned for a value that is nested deeper than MaxDepth.
var ErrTooDeep = errors.New("value: nested too deeply")

// AppendMsgpack appends the stored form of v to dst.
//
// Objects are maps in order; integers take the least bytes; refs, times,
// dates, UUIDs and lambdas are extensions. An Action is stored as a string,
// and as a plain object are stored a document (with its ref and ts, without
// Once), an event, an element with sources, a page, and a set (as Set.Object).
//
// A pending time is stored as an integer of 8 bytes. The offset of those bytes
// in the result is appended to stamps: the commit's time is to be written
// there, big-endian. Without stamps they stay 0.
//
// The error is ErrTooDeep, or ErrDamaged when v holds a stored document that
// is damaged.
func AppendMsgpack(dst []byte, v Value, stamps *[]int) ([]byte, error) {
	p := packer{dst: dst, stamps: stamps}
	p.value(v, 0)
	return p.dst, p.err
}

// packer writes stored bytes. The first error stays.
type packer struct {
	dst    []byte
	stamps *[]int
	// captured is set within a lambda's captured values, where sets are sets.
	captured bool
	err      error
}

func (p *packer) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *packer) value(v Value, depth int) { //nolint:cyclop // a plain switch over kinds
	if depth > MaxDepth {
		p.fail(ErrTooDeep)
		return
	}
	switch v := v.(type) {
	case Null:
		p.dst = append(p.dst, codeNil)
	case Boolean:
		p.bool(bool(v))
	case Long:
		p.dst = appendInt(p.dst, int64(v))
	case Double:
		p.dst = binary.BigEndian.AppendUint64(append(p.dst, codeFloat64), math.Float64bits(float64(v)))
	case String:
		p.string(string(v))
	case Action:
		p.string(string(v))
	case Bytes:
		p.dst = append(appendBytesHead(p.dst, len(v)), v...)
	case UUID:
		p.dst = append(append(p.dst, codeFixExt16, extUUID), v[:]...)
	case Time:
		p.dst = appendStoredTime(p.dst, v)
	case Date:
		p.dst = binary.BigEndian.AppendUint64(append(p.dst, codeFixExt8, extDate), uint64(v))
	case TxnTime:
		p.txnTime()
	case Array:
		p.list(v, depth)
	case Object:
		p.object(v, depth)
	case *Document:
		o, err := v.Object()
		if err != nil {
			p.fail(err)
		}
		p.object(o, depth)
	case *Event:
		p.object(v.Object(), depth)
	case *Sourced:
		p.object(v.Object(), depth)
	case *Page:
		p.object(v.Object(), depth)
	case Ref:
		p.ref(v)
	case *Unresolved:
		p.ext(extUnresolved, func() { p.unresolved(v) })
	case *Set:
		if p.captured {
			p.ext(extSet, func() { p.set(v, depth+1) })
		} else {
			p.object(v.Object(), depth)
		}
	case *Lambda:
		p.ext(extLambda, func() { p.lambda(v, depth+1) })
	default:
		panic("value: unknown kind")
	}
}

func (p *packer) bool(b bool) {
	if b {
		p.dst = append(p.dst, codeTrue)
	} else {
		p.dst = append(p.dst, codeFalse)
	}
}

func (p *packer) string(s string) {
	p.dst = append(appendStringHead(p.dst, len(s)), s...)
}

func (p *packer) txnTime() {
	p.dst = append(p.dst, codeInt64)
	if p.stamps != nil {
		*p.stamps = append(*p.stamps, len(p.dst))
	}
	p.dst = binary.BigEndian.AppendUint64(p.dst, 0)
}

func (p *packer) list(list []Value, depth int) {
	p.dst = appendArrayHead(p.dst, len(list))
	for _, v := range list {
		p.value(v, depth+1)
	}
}

func (p *packer) object(o Object, depth int) {
	p.dst = appendMapHead(p.dst, len(o))
	for _, f := range o {
		p.string(f.Name)
		p.value(f.Value, depth+1)
	}
}

func (p *packer) ref(r Ref) {
	p.dst = append(p.dst, codeFixExt16, extRef)
	p.dst = binary.BigEndian.AppendUint32(p.dst, uint32(r.Scope))
	p.dst = binary.BigEndian.AppendUint32(p.dst, uint32(r.Class))
	p.dst = binary.BigEndian.AppendUint64(p.dst, uint64(r.ID))
}

// ext writes an extension whose payload write appends. Its length is always
// written in 4 bytes, so that offsets of stamps inside hold.
func (p *packer) ext(kind int8, write func()) {
	p.dst = append(p.dst, codeExt32, 0, 0, 0, 0, byte(kind))
	start := len(p.dst)
	write()
	binary.BigEndian.PutUint32(p.dst[start-5:], uint32(len(p.dst)-start))
}

func (p *packer) unresolved(u *Unresolved) {
	p.dst = appendInt(p.dst, int64(u.Class))
	p.string(u.Name)
	p.string(u.ID)
	p.dst = appendArrayHead(p.dst, len(u.Path))
	for _, name := range u.Path {
		p.string(name)
	}
}

func (p *packer) lambda(l *Lambda, depth int) {
	p.string(l.Version)
	p.string(string(l.Code.AppendParams(nil)))
	p.string(string(l.Code.AppendBody(nil)))
	outer := p.captured
	p.captured = true
	p.object(l.Captured, depth)
	p.captured = outer
}

func (p *packer) set(s *Set, depth int) {
	p.dst = appendInt(p.dst, int64(s.Op))
	p.ref(s.Ref)
	p.list(s.Terms, depth)
	p.list(s.Sets, depth)
	if s.Lambda == nil {
		p.dst = append(p.dst, codeNil)
	} else {
		p.value(s.Lambda, depth)
	}
	p.list(s.From, depth)
	p.list(s.To, depth)
	p.bool(s.FromBare)
	p.bool(s.ToBare)
}
