package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/acme/customers/internal/remote"
)

var nations = strings.Fields("DE US FR GB ES IT JP BR CN IN MX NL PL PT SE CH AT TR KR VN ID AR CA AU ZA")

// rulesOf are rules over everything that rules are made of, by key. What
// follows of those that are told by orders alone is known to news.follows.
func rulesOf(n int) map[string]string {
	all := map[string]string{
		"one-order": `customer.orders.count == 1`, "two-orders": `customer.orders.count >= 2`, "two-orders-too": `"two-orders" in customer.segments`,
		"orders-3": `customer.orders.count >= 3`, "orders-4": `customer.orders.count >= 4`,
	}
	add := func(format string, args ...any) {
		if len(all) < n {
			all[fmt.Sprint("more-", len(all))] = fmt.Sprintf(format, args...)
		}
	}
	for i, land := range nations {
		add(`customer.country == %q && customer.orders.count >= 2`, land)
		add(`customer.country == %q && now - customer.lastActivityAt < duration("720h")`, land)
		if i%2 == 0 {
			add(`customer.country == %q && customer.orders.total["EUR"] > %d.0`, land, 20+i)
			add(`"two-orders" in customer.segments && customer.country == %q`, land)
		}
	}
	for age := 20; age < 70; age += 5 {
		add(`customer.age >= %d && customer.age < %d && customer.orders.count >= 1`, age, age+5)
	}
	for _, tag := range strings.Fields("vip outlet student loyalty gift-buyer newsletter") {
		add(`%q in customer.tags && now - customer.lastActivityAt >= duration("720h")`, tag)
	}
	for orders := 0; len(all) < min(n, liveRules); orders++ {
		add(`customer.consents["marketing"] == "granted" && customer.orders.count >= %d`, orders)
	}
	for orders := 3; len(all) < n; orders++ {
		for i, land := range nations {
			add(`customer.country == %q && customer.orders.count >= %d`, land, orders)
			add(`customer.country == %q && customer.orders.total["EUR"] > %d.0`, land, 30*orders+i)
		}
	}
	return all
}

// liveSegments makes n segments and waits until all have their members; the
// rules by key.
func liveSegments(ctx context.Context, admin *remote.Client, n int) (map[string]string, error) {
	if n == 0 {
		return nil, nil
	}
	rules := rulesOf(n)
	for _, key := range inOrder(rules) {
		made := map[string]string{"key": key, "name": key, "type": "dynamic", "criteria": rules[key]}
		if err := admin.Call(ctx, "POST", "/v1/segments", made, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	for started := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		var list struct {
			Items []struct {
				Applied int
				Members int64
			}
		}
		if err := admin.Call(ctx, "GET", "/v1/segments", nil, &list); err != nil {
			return nil, err
		}
		applied, members := 0, int64(0)
		for _, one := range list.Items {
			applied, members = applied+min(one.Applied, 1), members+one.Members
		}
		if applied == n {
			say("%d segments have %d members after %v", n, members, time.Since(started).Round(time.Millisecond))
			return rules, nil
		}
		if time.Since(started) > settleTime {
			return nil, fmt.Errorf("%d of %d segments have their members", applied, n)
		}
	}
}

// inOrder puts rules after those that they ask for.
func inOrder(rules map[string]string) (keys []string) {
	for _, second := range []bool{false, true} {
		for key, criteria := range rules {
			if strings.Contains(criteria, "customer.segments") == second {
				keys = append(keys, key)
			}
		}
	}
	return keys
}
