package main

import (
	"encoding/json"
	"fmt"
	"os"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/kms/v1/keys"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	var bootstrap map[string]string
	file, err := os.ReadFile(os.Getenv("HOLDFAST_CREDENTIALS"))
	check(err)
	check(json.Unmarshal(file, &bootstrap))

	// With an access key every request is signed; with a password each carries the token that it gave.
	var options golangsdk.AuthOptionsProvider = golangsdk.AKSKAuthOptions{
		IdentityEndpoint: bootstrap["endpoint"] + "/v3",
		Domain:           bootstrap["project_name"],
		ProjectId:        bootstrap["project_id"],
		Region:           bootstrap["region"],
		AccessKey:        bootstrap["access_key"],
		SecretKey:        bootstrap["secret_key"],
	}
	if os.Args[1] == "password" {
		options = golangsdk.AuthOptions{
			IdentityEndpoint: bootstrap["endpoint"] + "/v3",
			DomainName:       bootstrap["project_name"],
			TenantID:         bootstrap["project_id"],
			Username:         bootstrap["user_name"],
			Password:         os.Getenv("HOLDFAST_PASSWORD"),
		}
	}
	provider, err := openstack.AuthenticatedClient(options)
	check(err)
	client, err := openstack.NewKMSV1(provider, golangsdk.EndpointOpts{Region: bootstrap["region"]})
	check(err)

	created, err := keys.Create(client, keys.CreateOpts{KeyAlias: os.Args[2]}).ExtractKeyInfo()
	check(err)
	_, err = keys.DisableKey(client, created.KeyID).ExtractKeyInfo()
	check(err)
	described, err := keys.Get(client, created.KeyID).ExtractKeyInfo()
	check(err)
	fmt.Println(described.KeyAlias, described.KeyState)
}
