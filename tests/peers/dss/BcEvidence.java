import java.io.ByteArrayInputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.SignerInformationVerifier;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.ers.ERSByteData;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;

/**
 * Asks Bouncy Castle's reader of evidence records (RFC 4998) whether each NAME.ers in a folder is over the file NAME
 * beside it, and whether its timestamps hold: one line for each, its name, a tab, and OK or what was wrong.
 */
public class BcEvidence {
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BouncyCastleProvider provider = new BouncyCastleProvider();
        DigestCalculatorProvider digests =
                new JcaDigestCalculatorProviderBuilder().setProvider(provider).build();
        List<Path> records;
        try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
            records = files.filter(file -> file.toString().endsWith(".ers")).sorted().toList();
        }
        for (Path file : records) {
            String name = file.getFileName().toString();
            Path data = file.resolveSibling(name.substring(0, name.length() - 4));
            String said;
            try {
                ERSEvidenceRecord record = new ERSEvidenceRecord(
                        new ByteArrayInputStream(Files.readAllBytes(file)), digests);
                X509CertificateHolder signer = record.getSigningCertificate();
                SignerInformationVerifier verifier =
                        new JcaSimpleSignerInfoVerifierBuilder().setProvider(provider).build(signer);
                record.validatePresent(new ERSByteData(Files.readAllBytes(data)), new Date());
                record.validate(verifier);
                said = "OK";
            } catch (Exception error) {
                said = error.toString().replace('\n', ' ');
            }
            out.println(name + "\t" + said);
        }
    }
}
