import com.fasterxml.jackson.databind.ObjectMapper;
import com.huaweicloud.sdk.core.auth.BasicCredentials;
import com.huaweicloud.sdk.core.exception.ServiceResponseException;
import com.huaweicloud.sdk.kms.v2.KmsClient;
import com.huaweicloud.sdk.kms.v2.model.*;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

public class Quickstart {
    public static void main(String[] arguments) throws Exception {
        var file = Files.readString(Path.of(System.getenv("HOLDFAST_CREDENTIALS")));
        var bootstrap = new ObjectMapper().readTree(file);
        var credentials = new BasicCredentials()
                .withAk(bootstrap.get("access_key").asText())
                .withSk(bootstrap.get("secret_key").asText())
                .withProjectId(bootstrap.get("project_id").asText());
        var client = KmsClient.newBuilder()
                .withCredential(credentials)
                .withEndpoints(List.of(bootstrap.get("endpoint").asText()))
                .build();

        var key = client.createKey(new CreateKeyRequest().withBody(body -> body.withKeyAlias(arguments[0]))).getKeyInfo();
        var encrypted = client.encryptData(new EncryptDataRequest()
                .withBody(body -> body.withKeyId(key.getKeyId()).withPlainText("4711 anvils")));
        var decrypted = client.decryptData(new DecryptDataRequest()
                .withBody(body -> body.withCipherText(encrypted.getCipherText())));
        System.out.println(decrypted.getPlainText());

        try {
            client.enableKey(new EnableKeyRequest().withBody(body -> body.withKeyId(key.getKeyId())));
        } catch (ServiceResponseException refusal) {
            System.out.println(refusal.getHttpStatusCode() + " " + refusal.getErrorCode());
        }
    }
}
