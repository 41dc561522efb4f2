module github.com/acme/customers/client

go 1.26.0
