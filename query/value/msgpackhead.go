package value

import (
	"encoding/binary"
	"math"
)

// appendInt appends an integer in the least bytes.
func appendInt(dst []byte, n int64) []byte { //nolint:cyclop // a plain switch over sizes
	switch {
	case n >= 0 && n <= codePosFixIntMax:
		return append(dst, byte(n))
	case n < 0 && n >= -32:
		return append(dst, byte(n))
	case n >= 0 && n <= math.MaxUint8:
		return append(dst, codeUint8, byte(n))
	case n >= 0 && n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, codeUint16), uint16(n))
	case n >= 0 && n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, codeUint32), uint32(n))
	case n >= 0:
		return binary.BigEndian.AppendUint64(append(dst, codeUint64), uint64(n))
	case n >= math.MinInt8:
		return append(dst, codeInt8, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(dst, codeInt16), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(dst, codeInt32), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, codeInt64), uint64(n))
	}
}

func appendStringHead(dst []byte, n int) []byte {
	switch {
	case n <= codeFixStrMax-codeFixStr:
		return append(dst, codeFixStr|byte(n))
	case n <= math.MaxUint8:
		return append(dst, codeStr8, byte(n))
	default:
		return appendLength(dst, n, codeStr16, codeStr32)
	}
}

func appendBytesHead(dst []byte, n int) []byte {
	if n <= math.MaxUint8 {
		return append(dst, codeBin8, byte(n))
	}
	return appendLength(dst, n, codeBin16, codeBin32)
}

func appendArrayHead(dst []byte, n int) []byte {
	if n <= codeFixArrayMax-codeFixArray {
		return append(dst, codeFixArray|byte(n))
	}
	return appendLength(dst, n, codeArray16, codeArray32)
}

func appendMapHead(dst []byte, n int) []byte {
	if n <= codeFixMapMax-codeFixMap {
		return append(dst, codeFixMap|byte(n))
	}
	return appendLength(dst, n, codeMap16, codeMap32)
}

// appendLength appends a length after the code for its width. Lengths beyond
// 32 bits do not occur: no value that large is stored.
func appendLength(dst []byte, n int, code16, code32 byte) []byte {
	if n <= math.MaxUint16 {
		return binary.BigEndian.AppendUint16(append(dst, code16), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, code32), uint32(n))
}

// appendStoredTime appends the shortest msgpack timestamp that holds t.
func appendStoredTime(dst []byte, t Time) []byte {
	kind := int8(extTime)
	switch {
	case t.Sec < 0 || t.Sec >= 1<<34:
		dst = binary.BigEndian.AppendUint32(append(dst, codeExt8, 12, byte(kind)), uint32(t.Nano))
		return binary.BigEndian.AppendUint64(dst, uint64(t.Sec))
	case t.Nano == 0 && t.Sec <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, codeFixExt4, byte(kind)), uint32(t.Sec))
	default:
		return binary.BigEndian.AppendUint64(append(dst, codeFixExt8, byte(kind)), uint64(t.Nano)<<34|uint64(t.Sec))
	}
}

// readStoredTime reads the payload of a msgpack timestamp.
func readStoredTime(b []byte) (Time, bool) {
	var t Time
	switch len(b) {
	case 4:
		return Time{Sec: int64(binary.BigEndian.Uint32(b))}, true
	case 8:
		n := binary.BigEndian.Uint64(b)
		t = Time{Sec: int64(n & (1<<34 - 1)), Nano: int32(n >> 34)}
	case 12:
		t = Time{Sec: int64(binary.BigEndian.Uint64(b[4:])), Nano: int32(binary.BigEndian.Uint32(b))}
	default:
		return Time{}, false
	}
	ok := t.Nano >= 0 && t.Nano < 1e9 && t.Sec >= minSecond && t.Sec <= maxSecond
	return t, ok
}

// readRef reads the payload of a stored ref.
func readRef(b []byte) (Ref, bool) {
	if len(b) != 16 {
		return Ref{}, false
	}
	return Ref{
		Scope: Scope(binary.BigEndian.Uint32(b)),
		Class: Class(binary.BigEndian.Uint32(b[4:])),
		ID:    int64(binary.BigEndian.Uint64(b[8:])),
	}, true
}

// readDate reads the payload of a stored date.
func readDate(b []byte) (Date, bool) {
	if len(b) != 8 {
		return 0, false
	}
	d := Date(binary.BigEndian.Uint64(b))
	return d, d >= MinDate && d <= MaxDate
}

// readUUID reads the payload of a stored UUID.
func readUUID(b []byte) (UUID, bool) {
	if len(b) != len(UUID{}) {
		return UUID{}, false
	}
	return UUID(b), true
}
