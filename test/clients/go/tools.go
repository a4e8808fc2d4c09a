//go:build tools

// Package clients names the command sops, so that go.mod and go.sum hold what it is built from.
package clients

import _ "github.com/getsops/sops/v3/cmd/sops"
