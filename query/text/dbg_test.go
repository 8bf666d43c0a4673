package text
import ("testing";"strings";"time")
func TestDbg(t *testing.T) {
	for _, n := range []int{5,10,12,14,16} {
	for _, h := range [][2]string{{"[","]"},{"Get(",")"},{"(",""},{"[","" },{"{a:","}"},{"(x)=>",""}} {
		s := strings.Repeat(h[0], n)+"1"+strings.Repeat(h[1], n)
		st := time.Now()
		parse(s)
		t.Log(n, h, time.Since(st))
	}}
}
