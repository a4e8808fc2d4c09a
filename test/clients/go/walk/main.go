// Takes keys through their lifecycle with the Go SDK and its own types. Each step that succeeds
// prints one line, after checking what the next one needs; the first failure ends the program.
package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	kms "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/kms/v2/model"
)

// need is for calls that must succeed.
func need[T any](answer T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return answer
}

func expect(what string, got, wanted any) {
	if got != wanted {
		fmt.Fprintf(os.Stderr, "%s: got %v, wanted %v\n", what, got, wanted)
		os.Exit(1)
	}
}

func held(step string) { fmt.Println(step) }

// refused checks that the SDK turned a refusal into its own error, with status, code, text and
// request ID.
func refused(err error, status int, code string) {
	var refusal *sdkerr.ServiceResponseError
	if !errors.As(err, &refusal) {
		fmt.Fprintf(os.Stderr, "not a refusal by the service: %v\n", err)
		os.Exit(1)
	}
	expect("status", refusal.StatusCode, status)
	expect("code", refusal.ErrorCode, code)
	expect("a text and a request ID", refusal.ErrorMessage != "" && len(refusal.RequestId) == 32, true)
}

func pointer[T any](value T) *T { return &value }

func newClient(secretKey string) *kms.KmsClient {
	credentials := need(basic.NewCredentialsBuilder().
		WithAk(os.Getenv("HUAWEICLOUD_SDK_AK")).
		WithSk(secretKey).
		WithProjectId(os.Getenv("HUAWEICLOUD_SDK_PROJECT_ID")).
		SafeBuild())
	return kms.NewKmsClient(need(kms.KmsClientBuilder().
		WithEndpoint(os.Getenv("KMS_ENDPOINT")).
		WithCredential(credentials).
		SafeBuild()))
}

type walk struct{ client *kms.KmsClient }

func (w walk) create(body model.CreateKeyRequestBody) string {
	return *need(w.client.CreateKey(&model.CreateKeyRequest{Body: &body})).KeyInfo.KeyId
}

func (w walk) describe(key string) *model.KeyDetails {
	request := &model.ListKeyDetailRequest{Body: &model.OperateKeyRequestBody{KeyId: key}}
	return need(w.client.ListKeyDetail(request)).KeyInfo
}

func (w walk) encrypt(key, text string) string {
	body := &model.EncryptDataRequestBody{KeyId: key, PlainText: text, AdditionalAuthenticatedData: pointer("orders")}
	return *need(w.client.EncryptData(&model.EncryptDataRequest{Body: body})).CipherText
}

func (w walk) decrypt(ciphertext string) (*model.DecryptDataResponse, error) {
	body := &model.DecryptDataRequestBody{CipherText: ciphertext, AdditionalAuthenticatedData: pointer("orders")}
	return w.client.DecryptData(&model.DecryptDataRequest{Body: body})
}

func (w walk) keyMadeHere() {
	key := w.create(model.CreateKeyRequestBody{KeyAlias: "go", KeyDescription: pointer("made by the Go SDK")})
	info := w.describe(key)
	expect("state", *info.KeyState, "2")
	expect("spec", info.KeySpec.Value(), "AES_256")
	expect("description", *info.KeyDescription, "made by the Go SDK")
	held("a key is created and described")

	text := "päper ☂ 😀"
	expect("text", *need(w.decrypt(w.encrypt(key, text))).PlainText, text)
	held("what was encrypted is decrypted")

	created := need(w.client.CreateDatakey(&model.CreateDatakeyRequest{
		Body: &model.CreateDatakeyRequestBody{KeyId: key, DatakeyLength: pointer("512")},
	}))
	opened := need(w.client.DecryptDatakey(&model.DecryptDatakeyRequest{
		Body: &model.DecryptDatakeyRequestBody{KeyId: key, CipherText: *created.CipherText, DatakeyCipherLength: "64"},
	}))
	digest := sha256.Sum256(need(hex.DecodeString(*created.PlainText)))
	expect("data key", *opened.DataKey, *created.PlainText)
	expect("digest", *opened.DatakeyDgst, hex.EncodeToString(digest[:]))
	held("a data key is made and opened")

	_, err := w.client.CreateKey(&model.CreateKeyRequest{Body: &model.CreateKeyRequestBody{KeyAlias: "go"}})
	refused(err, 400, "KMS.1104")
	unknown := &model.OperateKeyRequestBody{KeyId: "00000000-0000-4000-8000-000000000000"}
	_, err = w.client.ListKeyDetail(&model.ListKeyDetailRequest{Body: unknown})
	refused(err, 404, "KMS.0207")
	_, err = newClient("not the secret key").ListKeys(&model.ListKeysRequest{Body: &model.ListKeysRequestBody{}})
	refused(err, 403, "KMS.0302")
	held("refusals are the SDK’s own errors")
}

func (w walk) wrap(key string, material []byte) *model.ImportKeyMaterialRequestBody {
	parameters := need(w.client.CreateParametersForImport(&model.CreateParametersForImportRequest{
		Body: &model.GetParametersForImportRequestBody{
			KeyId:             key,
			WrappingAlgorithm: model.GetGetParametersForImportRequestBodyWrappingAlgorithmEnum().RSAES_OAEP_SHA_256,
		},
	}))
	public := need(x509.ParsePKIXPublicKey(need(base64.StdEncoding.DecodeString(*parameters.PublicKey)))).(*rsa.PublicKey)
	wrapped := need(rsa.EncryptOAEP(sha256.New(), rand.Reader, public, material, nil))
	return &model.ImportKeyMaterialRequestBody{
		KeyId:                key,
		ImportToken:          *parameters.ImportToken,
		EncryptedKeyMaterial: base64.StdEncoding.EncodeToString(wrapped),
	}
}

func (w walk) importedKey() {
	origin := model.GetCreateKeyRequestBodyOriginEnum().EXTERNAL
	key := w.create(model.CreateKeyRequestBody{KeyAlias: "go-imported", Origin: &origin})
	expect("state", *w.describe(key).KeyState, "5")
	material := make([]byte, 32)
	need(rand.Read(material))

	body := w.wrap(key, material)
	expiry := time.Now().Add(time.Hour).Unix()
	body.ExpirationTime = &expiry
	need(w.client.ImportKeyMaterial(&model.ImportKeyMaterialRequest{Body: body}))
	info := w.describe(key)
	expect("state", *info.KeyState, "2")
	expect("expiry in milliseconds", *info.ExpirationTime, fmt.Sprint(expiry*1000))
	ciphertext := w.encrypt(key, "4711 anvils")
	held("material is imported, with an expiry")

	of := &model.OperateKeyRequestBody{KeyId: key}
	need(w.client.DeleteImportedKeyMaterial(&model.DeleteImportedKeyMaterialRequest{Body: of}))
	_, err := w.decrypt(ciphertext)
	refused(err, 400, "KMS.1301")
	held("its material deleted, the key decrypts nothing")

	other := make([]byte, 32)
	need(rand.Read(other))
	_, err = w.client.ImportKeyMaterial(&model.ImportKeyMaterialRequest{Body: w.wrap(key, other)})
	refused(err, 400, "KMS.2606")
	need(w.client.ImportKeyMaterial(&model.ImportKeyMaterialRequest{Body: w.wrap(key, material)}))
	expect("text", *need(w.decrypt(ciphertext)).PlainText, "4711 anvils")
	held("other material is refused, the same is accepted again")
}

func (w walk) keyPair() {
	spec := model.GetCreateKeyRequestBodyKeySpecEnum().EC_P256
	usage := model.GetCreateKeyRequestBodyKeyUsageEnum().SIGN_VERIFY
	key := w.create(model.CreateKeyRequestBody{KeyAlias: "go-pair", KeySpec: &spec, KeyUsage: &usage})
	digest := sha256.Sum256([]byte("4711 anvils"))
	message := base64.StdEncoding.EncodeToString(digest[:])
	signed := need(w.client.Sign(&model.SignRequest{Body: &model.SignRequestBody{
		KeyId:            key,
		Message:          message,
		SigningAlgorithm: model.GetSignRequestBodySigningAlgorithmEnum().ECDSA_SHA_256,
	}}))
	verified := need(w.client.ValidateSignature(&model.ValidateSignatureRequest{Body: &model.VerifyRequestBody{
		KeyId:            key,
		Message:          message,
		Signature:        *signed.Signature,
		SigningAlgorithm: model.GetVerifyRequestBodySigningAlgorithmEnum().ECDSA_SHA_256,
	}}))
	expect("signature_valid", *verified.SignatureValid, "true")
	held("a signature verifies")

	need(w.client.CreateKmsTag(&model.CreateKmsTagRequest{
		KeyId: key,
		Body:  &model.CreateKmsTagRequestBody{Tag: &model.TagItem{Key: "the team/of a", Value: pointer("a/b c")}},
	}))
	tags := need(w.client.ShowKmsTags(&model.ShowKmsTagsRequest{KeyId: key}))
	expect("tag", *(*tags.Tags)[0].Value, "a/b c")
	need(w.client.DeleteTag(&model.DeleteTagRequest{KeyId: key, Key: "the team/of a"}))
	held("a tag is set, shown and deleted")

	deleted := need(w.client.DeleteKey(&model.DeleteKeyRequest{
		Body: &model.ScheduleKeyDeletionRequestBody{KeyId: key, PendingDays: "7"},
	}))
	expect("state", *deleted.KeyState, "4")
	held("deletion is scheduled")
}

func main() {
	w := walk{newClient(os.Getenv("HUAWEICLOUD_SDK_SK"))}
	w.keyMadeHere()
	w.importedKey()
	w.keyPair()
}
