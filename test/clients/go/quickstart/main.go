package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	kms "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2/model"
)

func check(err error) {
	if refusal, ok := err.(*sdkerr.ServiceResponseError); ok {
		fmt.Fprintf(os.Stderr, "refused: %s %s\n", refusal.ErrorCode, refusal.ErrorMessage)
		os.Exit(1)
	} else if err != nil {
		panic(err)
	}
}

func main() {
	var bootstrap map[string]string
	file, err := os.ReadFile(os.Getenv("HOLDFAST_CREDENTIALS"))
	check(err)
	check(json.Unmarshal(file, &bootstrap))

	credentials, err := basic.NewCredentialsBuilder().
		WithAk(bootstrap["access_key"]).
		WithSk(bootstrap["secret_key"]).
		WithProjectId(bootstrap["project_id"]).
		SafeBuild()
	check(err)
	http, err := kms.KmsClientBuilder().WithEndpoint(bootstrap["endpoint"]).WithCredential(credentials).SafeBuild()
	check(err)
	client := kms.NewKmsClient(http)

	created, err := client.CreateKey(&model.CreateKeyRequest{Body: &model.CreateKeyRequestBody{KeyAlias: os.Args[1]}})
	check(err)
	encrypted, err := client.EncryptData(&model.EncryptDataRequest{
		Body: &model.EncryptDataRequestBody{KeyId: *created.KeyInfo.KeyId, PlainText: "4711 anvils"},
	})
	check(err)
	decrypted, err := client.DecryptData(&model.DecryptDataRequest{
		Body: &model.DecryptDataRequestBody{CipherText: *encrypted.CipherText},
	})
	check(err)
	fmt.Println(*decrypted.PlainText)
}
