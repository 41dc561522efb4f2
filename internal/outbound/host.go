package outbound

import (
	"errors"
	"net/netip"
	"strings"
)

var errHost = errors.New("outbound: the host is neither a public name nor a public address")

// checkHost says whether a configured host, in lower case, may be called at all
// and whether it is written as this machine. It takes a name of letters, digits,
// hyphens and dots or an address in its usual form. A name that ends in a number
// is no name: some resolvers read 0177.0.0.1, 2130706433 or 0x7f.1 as 127.0.0.1
// (WHATWG URL, "ends in a number").
func checkHost(name string) (own bool, err error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		own = ip == netip.IPv6Loopback() || ip.Is4() && ip.IsLoopback()
		if !own && !public(ip) {
			return false, errHost
		}
		return own, nil
	}
	if name == "localhost" {
		return true, nil
	}
	if name == "" || len(name) > 253 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
		return false, errHost
	}
	for label := range strings.SplitSeq(name, ".") {
		if strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || label == "" {
			return false, errHost
		}
	}
	if last := name[strings.LastIndexByte(name, '.')+1:]; isNumber(last) || last == "localhost" {
		return false, errHost
	}
	return false, nil
}

// isNumber reports whether a label is a number in some spelling of IPv4:
// decimal, octal or hexadecimal.
func isNumber(label string) bool {
	digits, hex := strings.CutPrefix(label, "0x")
	if hex {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(digits, "0123456789") == ""
}

// special are the blocks that no public service has, beyond what netip knows
// (IANA IPv4 and IPv6 Special-Purpose Address Registries, RFC 6890).
var special = prefixes(
	"0.0.0.0/8",       // this network
	"100.64.0.0/10",   // shared, behind a carrier's NAT; some clouds' metadata
	"192.0.0.0/24",    // protocol assignments
	"192.0.2.0/24",    // documentation
	"192.88.99.0/24",  // 6to4 relays
	"198.18.0.0/15",   // benchmarks
	"198.51.100.0/24", // documentation
	"203.0.113.0/24",  // documentation
	"240.0.0.0/4",     // reserved, and broadcast
	"2001::/23",       // protocol assignments: Teredo, ORCHID
	"2001:db8::/32",   // documentation
	"2002::/16",       // 6to4: carries an IPv4 address
	"3fff::/20",       // documentation
)

var (
	unicast6 = netip.MustParsePrefix("2000::/3")     // all of IPv6 that is assigned for unicast
	nat64    = netip.MustParsePrefix("64:ff9b::/96") // carries an IPv4 address (RFC 6052)
)

func prefixes(all ...string) (list []netip.Prefix) {
	for _, p := range all {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}

// public reports whether an address can be a public service's: not loopback,
// private, link-local (with the clouds' 169.254.169.254), unique-local,
// multicast, unspecified or otherwise special, nor one of these inside an
// IPv4-mapped or NAT64 address.
func public(ip netip.Addr) bool {
	if ip.Zone() != "" {
		return false
	}
	if ip = ip.Unmap(); nat64.Contains(ip) {
		b := ip.As16()
		ip = netip.AddrFrom4([4]byte(b[12:]))
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Is6() && !unicast6.Contains(ip) {
		return false
	}
	for _, block := range special {
		if block.Contains(ip) {
			return false
		}
	}
	return true
}
