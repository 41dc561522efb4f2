package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a network in which every address is our server: it counts who is
// connected to. Its resolver is as lenient as a C library's.
type world struct {
	server  *httptest.Server
	names   map[string][][]netip.Addr // one answer after the other; the last stays
	asked   map[string]int
	reached atomic.Int32
}

func newWorld(t *testing.T) *world {
	w := &world{names: map[string][][]netip.Addr{}, asked: map[string]int{}}
	w.server = httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		_, _ = rw.Write([]byte("{}"))
	}))
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) name(host string, answers ...string) {
	for _, a := range answers {
		w.names[host] = append(w.names[host], []netip.Addr{netip.MustParseAddr(a)})
	}
}

func (w *world) resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if ip, ok := lenient(host); ok {
		return []netip.Addr{ip}, nil
	}
	all := w.names[host]
	if len(all) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	n := min(w.asked[host], len(all)-1)
	w.asked[host]++
	return all[n], nil
}

func (w *world) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	w.reached.Add(1)
	return (&net.Dialer{}).DialContext(ctx, "tcp", w.server.Listener.Addr().String())
}

func (w *world) roots() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(w.server.Certificate())
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// post calls through our client. The certificate is one for example.com.
func (w *world) post(t *testing.T, c *Client) error {
	t.Helper()
	c.resolve, c.dial = w.resolve, w.dial
	c.http.Transport.(*http.Transport).TLSClientConfig = w.roots()
	_, err := c.Post(t.Context(), "", nil, []byte("{}"))
	c.Close()
	return err
}

// plain is the control: a client with no rules, in the same world.
func (w *world) plain(t *testing.T, base string) {
	t.Helper()
	tr := &http.Transport{TLSClientConfig: w.roots(), DialContext: func(ctx context.Context, n, addr string) (net.Conn, error) {
		host, port, _ := net.SplitHostPort(addr)
		if _, err := netip.ParseAddr(host); err != nil {
			ips, err := w.resolve(ctx, host)
			if err != nil {
				return nil, err
			}
			host = ips[0].String()
		}
		return w.dial(ctx, n, net.JoinHostPort(host, port))
	}}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Get(base)
	if err == nil { // a certificate error comes after the connection
		_ = resp.Body.Close()
	}
}

// lenient reads the spellings of inet_aton(3): one to four numbers, each
// decimal, octal or hexadecimal, the last one filling what is left.
func lenient(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 0, 32)
		left := 8 * (4 - len(parts) + 1)
		if i < len(parts)-1 {
			left = 8
		}
		if err != nil || strings.ContainsAny(p, "_oO") || strings.HasPrefix(strings.ToLower(p), "0b") || n >= 1<<left {
			return netip.Addr{}, false
		}
		sum = sum<<left | n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

// inside are addresses that no name may lead to.
var inside = []string{
	"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
	"169.254.169.254", "169.254.170.2", "100.100.100.200", "100.64.0.1", "192.0.0.192", "198.18.0.1", "192.0.2.1",
	"224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
	"::1", "::", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::",
	"::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1",
	"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1",
}

func TestNoNameLeadsInside(t *testing.T) {
	for _, ip := range inside {
		for _, answer := range [][]string{{ip}, {"93.184.215.14", ip}} { // alone, or beside a public one
			w := newWorld(t)
			var all []netip.Addr
			for _, a := range answer {
				all = append(all, netip.MustParseAddr(a))
			}
			w.names["example.com"] = [][]netip.Addr{all}
			c := must(t, "https://example.com")
			if err := w.post(t, c); reasonOf(err) != Forbidden || w.reached.Load() != 0 {
				t.Errorf("%v: %d connections, %v", answer, w.reached.Load(), err)
			}
			if w.plain(t, "https://example.com"); w.reached.Load() == 0 {
				t.Errorf("%v: the control does not connect", answer)
			}
		}
	}
	for _, ip := range []string{"93.184.215.14", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e", "2606:4700::1111"} {
		w := newWorld(t)
		w.name("example.com", ip)
		if err := w.post(t, must(t, "https://example.com")); err != nil || w.reached.Load() != 1 {
			t.Errorf("%s is not reached: %v", ip, err)
		}
	}
}

func TestNoSpellingOfAnAddressLeadsInside(t *testing.T) {
	hosts := []string{
		"0177.0.0.1", "0177.0.0.01", "2130706433", "017700000001", "0x7f.1", "0x7f.0.0.1", "0x7f000001", "0X7F.1", "127.1", "127.0.1", "0",
		"0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "169.254.43518", "127.0.0.1.", "metadata.google.internal", "metadata", "localtest.example",
	}
	for _, ip := range inside {
		if a := netip.MustParseAddr(ip); a.Is6() {
			hosts = append(hosts, "["+ip+"]")
		} else if !a.IsLoopback() {
			hosts = append(hosts, ip)
		}
	}
	hosts = append(hosts, "[fe80::1%25eth0]")
	for _, host := range hosts {
		if host == "[::1]" {
			continue // written as this machine: allowed
		}
		w := newWorld(t)
		w.name("metadata.google.internal", "169.254.169.254")
		w.name("metadata", "169.254.169.254")
		w.name("localtest.example", "127.0.0.1")
		w.name("127.0.0.1.", "127.0.0.1")
		base := "https://" + host + ":8443/"
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		c, err := New(u)
		if err == nil {
			if err = w.post(t, c); reasonOf(err) != Forbidden {
				t.Errorf("%s: %v", host, err)
			}
		}
		if err == nil || w.reached.Load() != 0 || strings.Contains(err.Error(), host) && len(host) > 3 {
			t.Errorf("%s: %d connections, %v", host, w.reached.Load(), err)
		}
		if w.plain(t, base); w.reached.Load() == 0 {
			t.Errorf("%s: the control does not connect", host)
		}
	}
}

func TestASecondAnswerOfTheResolverIsCheckedToo(t *testing.T) {
	w := newWorld(t)
	w.name("example.com", "93.184.215.14", "127.0.0.1")
	c := must(t, "https://example.com")
	if err := w.post(t, c); err != nil || w.reached.Load() != 1 {
		t.Fatalf("the public answer: %v", err)
	}
	if err := w.post(t, c); reasonOf(err) != Forbidden || w.reached.Load() != 1 {
		t.Errorf("rebound: %d connections, %v", w.reached.Load(), err)
	}
	if w.plain(t, "https://example.com"); w.reached.Load() != 2 {
		t.Error("the control does not connect")
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var hits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		hits.Store(0)
		first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, status)
		}))
		c := must(t, first.URL)
		_, err := c.Post(t.Context(), "", nil, []byte("{}"))
		if reasonOf(err) != Status || hits.Load() != 0 {
			t.Errorf("%d: %v, %d requests", status, err, hits.Load())
		}
		resp, err := http.Post(first.URL, "application/json", strings.NewReader("{}"))
		if err != nil || hits.Load() != 1 {
			t.Errorf("%d: the control does not follow: %v", status, err)
		} else {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
		c.Close()
		http.DefaultClient.CloseIdleConnections()
		first.Close()
	}
}

func TestNoOtherHostAndNoProxyIsReached(t *testing.T) {
	w := newWorld(t)
	w.name("other.example", "93.184.215.14")
	c := must(t, "https://example.com")
	c.resolve, c.dial = w.resolve, w.dial
	for _, target := range []string{"https://other.example", "https://example.com:444", "http://example.com", "https://93.184.215.14"} {
		resp, err := c.http.Get(target)
		if err == nil {
			_ = resp.Body.Close()
		}
		if !errors.Is(err, errForbidden) || w.reached.Load() != 0 {
			t.Errorf("%s: %v", target, err)
		}
	}
	if c.http.Transport.(*http.Transport).Proxy != nil {
		t.Error("the environment's proxy is asked")
	}
}

func TestLocalhostIsThisMachineOrNothing(t *testing.T) {
	for answer, want := range map[string]Reason{"127.0.0.1": "", "::1": "", "::ffff:127.0.0.1": "", "93.184.215.14": Forbidden, "10.0.0.1": Forbidden} {
		w := newWorld(t)
		w.name("localhost", answer)
		plain := httptest.NewServer(w.server.Config.Handler)
		c := must(t, "http://localhost:1")
		c.resolve = w.resolve
		c.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, plain.Listener.Addr().String())
		}
		if _, err := c.Post(t.Context(), "", nil, []byte("{}")); reasonOf(err) != want {
			t.Errorf("%s: %v", answer, err)
		}
		c.Close()
		plain.Close()
	}
}

func must(t *testing.T, base string) *Client {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(u)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func reasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}
