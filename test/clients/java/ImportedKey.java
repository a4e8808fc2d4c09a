// The lifecycle of an imported key with the Java SDK, from its creation to the second import of its
// material. Each step that succeeds prints one line, after checking what the next one needs; the
// first failure ends the program.

import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import com.huaweicloud.sdk.kms.v2.KmsClient;
import com.huaweicloud.sdk.kms.v2.model.*;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;

public class ImportedKey {
    private static final String CONTEXT = "orders";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final KmsClient client;
    private String keyId;

    private ImportedKey(KmsClient client) {
        this.client = client;
    }

    public static void main(String[] arguments) throws Exception {
        var credentials = new BasicCredentials()
                .withAk(System.getenv("HUAWEICLOUD_SDK_AK"))
                .withSk(System.getenv("HUAWEICLOUD_SDK_SK"))
                .withProjectId(System.getenv("HUAWEICLOUD_SDK_PROJECT_ID"));
        var endpoints = List.of(System.getenv("KMS_ENDPOINT"));
        new ImportedKey(KmsClient.newBuilder().withCredential(credentials).withEndpoints(endpoints).build()).live();
    }

    private void live() throws Exception {
        keyId = client.createKey(new CreateKeyRequest().withBody(body -> body
                        .withKeyAlias("java-imported")
                        .withOrigin(CreateKeyRequestBody.OriginEnum.EXTERNAL)))
                .getKeyInfo()
                .getKeyId();
        expect("state", details().getKeyState(), "5");
        held("a key is created without material");

        var material = bytes(32);
        var expiresAt = System.currentTimeMillis() / 1000 + 3600;
        importMaterial(material, expiresAt);
        expect("state", details().getKeyState(), "2");
        expect("expiry", details().getExpirationTime(), expiresAt + "000");
        held("its material is wrapped and imported, with an expiry");

        var plaintext = "päper ☂ 4711";
        var ciphertext = client.encryptData(new EncryptDataRequest().withBody(body -> body
                        .withKeyId(keyId)
                        .withPlainText(plaintext)
                        .withAdditionalAuthenticatedData(CONTEXT)))
                .getCipherText();
        expect("plaintext", decrypt(ciphertext), plaintext);
        held("it encrypts and decrypts");

        var dataKey = bytes(16);
        var digest = MessageDigest.getInstance("SHA-256").digest(dataKey);
        var sealed = client.encryptDatakey(new EncryptDatakeyRequest().withBody(body -> body
                        .withKeyId(keyId)
                        .withPlainText(hex(dataKey) + hex(digest))
                        .withDatakeyPlainLength("16")))
                .getCipherText();
        var opened = client.decryptDatakey(new DecryptDatakeyRequest().withBody(body -> body
                .withKeyId(keyId)
                .withCipherText(sealed)
                .withDatakeyCipherLength("32")));
        expect("data key", opened.getDataKey(), hex(dataKey));
        held("a data key of 16 bytes is sealed and opened, regardless of the stated length");

        client.createKmsTag(new CreateKmsTagRequest().withKeyId(keyId).withBody(body -> body
                .withTag(new TagItem().withKey("team/of a").withValue("payments"))));
        client.deleteTag(new DeleteTagRequest().withKeyId(keyId).withKey("team/of a"));
        expect("tags", client.showKmsTags(new ShowKmsTagsRequest().withKeyId(keyId)).getTags().size(), 0);
        held("a tag with a slash in its key is set and deleted");

        client.deleteImportedKeyMaterial(new DeleteImportedKeyMaterialRequest().withBody(body -> body.withKeyId(keyId)));
        expect("state", details().getKeyState(), "5");
        refused(400, "KMS.1301", () -> decrypt(ciphertext));
        held("its material is deleted, and it decrypts nothing");

        refused(400, "KMS.2606", () -> importMaterial(bytes(32), null));
        importMaterial(material, null);
        expect("state", details().getKeyState(), "2");
        expect("expiry", details().getExpirationTime(), "");
        held("other material is refused, the same is imported again");

        expect("plaintext", decrypt(ciphertext), plaintext);
        held("what it encrypted before is decrypted");
    }

    private void importMaterial(byte[] material, Long expiresAt) throws Exception {
        var parameters = client.createParametersForImport(new CreateParametersForImportRequest().withBody(body -> body
                .withKeyId(keyId)
                .withWrappingAlgorithm(GetParametersForImportRequestBody.WrappingAlgorithmEnum.RSAES_OAEP_SHA_256)));
        var spki = new X509EncodedKeySpec(Base64.getDecoder().decode(parameters.getPublicKey()));
        var oaep = Cipher.getInstance("RSA/ECB/OAEPPadding");
        var sha256 = new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);
        oaep.init(Cipher.ENCRYPT_MODE, KeyFactory.getInstance("RSA").generatePublic(spki), sha256);
        var wrapped = Base64.getEncoder().encodeToString(oaep.doFinal(material));
        client.importKeyMaterial(new ImportKeyMaterialRequest().withBody(body -> body
                .withKeyId(keyId)
                .withImportToken(parameters.getImportToken())
                .withEncryptedKeyMaterial(wrapped)
                .withExpirationTime(expiresAt)));
    }

    private String decrypt(String ciphertext) {
        return client.decryptData(new DecryptDataRequest().withBody(body -> body
                        .withCipherText(ciphertext)
                        .withAdditionalAuthenticatedData(CONTEXT)))
                .getPlainText();
    }

    private KeyDetails details() {
        return client.listKeyDetail(new ListKeyDetailRequest().withBody(body -> body.withKeyId(keyId))).getKeyInfo();
    }

    private interface Call {
        void run() throws Exception;
    }

    /**
     * Checks that the SDK turned a refusal into its own exception, with status, code, text and
     * request ID.
     */
    private static void refused(int status, String code, Call call) throws Exception {
        try {
            call.run();
        } catch (ServiceResponseException refusal) {
            expect("status", refusal.getHttpStatusCode(), status);
            expect("code", refusal.getErrorCode(), code);
            expect("a text and a request ID", !refusal.getErrorMsg().isEmpty() && refusal.getRequestId().length() == 32, true);
            return;
        }
        throw new AssertionError("this should have been refused with " + code);
    }

    private static void expect(String what, Object got, Object wanted) {
        if (!wanted.equals(got)) throw new AssertionError(what + ": got " + got + ", wanted " + wanted);
    }

    private static byte[] bytes(int size) {
        var made = new byte[size];
        RANDOM.nextBytes(made);
        return made;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static void held(String step) {
        System.out.println(step);
    }
}
