import eu.europa.esig.dss.asic.cades.ASiCWithCAdESSignatureParameters;
import eu.europa.esig.dss.asic.cades.signature.ASiCWithCAdESService;
import eu.europa.esig.dss.asic.xades.ASiCWithXAdESSignatureParameters;
import eu.europa.esig.dss.asic.xades.signature.ASiCWithXAdESService;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.signature.AbstractSignatureParameters;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.List;

/**
 * Has EU DSS make small ASiC containers, of both kinds, with XAdES and CAdES, once and twice signed. They
 * are kept under crates/engine/tests/data/asic, as somebody else's files for the tests of verification.
 *
 * <p>Call: DssContainers KEY.pem CHAIN.pem SIGNING-TIME FOLDER, the key an RSA key in PKCS#8.
 */
public final class DssContainers {
    private static final List<DSSDocument> TWO = List.of(
            new InMemoryDocument("<a>one</a>\n".getBytes(StandardCharsets.UTF_8), "one.xml"),
            new InMemoryDocument("two\n".getBytes(StandardCharsets.UTF_8), "two \u00e9.txt"));

    private final PrivateKey key;
    private final List<CertificateToken> chain = new ArrayList<>();
    /** Later with every signature, whose Id follows from it. */
    private Date at;

    private DssContainers(Path key, Path chain, Date at) throws Exception {
        String pem = Files.readString(key).replaceAll("-----[A-Z ]+-----|\\s", "");
        byte[] der = Base64.getDecoder().decode(pem);
        this.key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der));
        try (InputStream input = Files.newInputStream(chain)) {
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(input)) {
                this.chain.add(new CertificateToken((X509Certificate) one));
            }
        }
        this.at = at;
    }

    private SignatureValue value(ToBeSigned signed) throws Exception {
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(signed.getBytes());
        return new SignatureValue(SignatureAlgorithm.RSA_SHA256, signature.sign());
    }

    private void prepare(AbstractSignatureParameters<?> parameters, SignatureLevel level) {
        parameters.setSignatureLevel(level);
        parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
        parameters.setSigningCertificate(chain.get(0));
        parameters.setCertificateChain(chain);
        at = Date.from(at.toInstant().plusSeconds(60));
        parameters.bLevel().setSigningDate(at);
    }

    private DSSDocument xades(List<DSSDocument> files, ASiCContainerType type) throws Exception {
        var parameters = new ASiCWithXAdESSignatureParameters();
        prepare(parameters, SignatureLevel.XAdES_BASELINE_B);
        parameters.aSiC().setContainerType(type);
        var service = new ASiCWithXAdESService(new CommonCertificateVerifier());
        return service.signDocument(files, parameters, value(service.getDataToSign(files, parameters)));
    }

    private DSSDocument cades(List<DSSDocument> files, ASiCContainerType type) throws Exception {
        var parameters = new ASiCWithCAdESSignatureParameters();
        prepare(parameters, SignatureLevel.CAdES_BASELINE_B);
        parameters.aSiC().setContainerType(type);
        var service = new ASiCWithCAdESService(new CommonCertificateVerifier());
        return service.signDocument(files, parameters, value(service.getDataToSign(files, parameters)));
    }

    public static void main(String[] arguments) throws Exception {
        Date at = Date.from(Instant.parse(arguments[2]));
        var dss = new DssContainers(Path.of(arguments[0]), Path.of(arguments[1]), at);
        Path folder = Path.of(arguments[3]);
        Files.createDirectories(folder);
        for (ASiCContainerType type : ASiCContainerType.values()) {
            List<DSSDocument> files = type == ASiCContainerType.ASiC_S ? TWO.subList(0, 1) : TWO;
            String end = type == ASiCContainerType.ASiC_S ? ".asics" : ".asice";
            DSSDocument xades = dss.xades(files, type);
            xades.save(folder.resolve("dss-xades" + end).toString());
            dss.xades(List.of(xades), type).save(folder.resolve("dss-xades-twice" + end).toString());
            DSSDocument cades = dss.cades(files, type);
            cades.save(folder.resolve("dss-cades" + end).toString());
            dss.cades(List.of(cades), type).save(folder.resolve("dss-cades-twice" + end).toString());
        }
    }
}
