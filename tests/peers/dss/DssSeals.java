import eu.europa.esig.dss.asic.cades.ASiCWithCAdESSignatureParameters;
import eu.europa.esig.dss.asic.cades.signature.ASiCWithCAdESService;
import eu.europa.esig.dss.asic.xades.ASiCWithXAdESSignatureParameters;
import eu.europa.esig.dss.asic.xades.signature.ASiCWithXAdESService;
import eu.europa.esig.dss.cades.CAdESSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESService;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignaturePackaging;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.signature.AbstractSignatureParameters;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.spi.x509.tsp.KeyEntityTSPSource;
import eu.europa.esig.dss.xades.XAdESSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESService;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Has EU DSS make seals of every format at the levels B, T, LT and LTA, as somebody else's files to be raised and
 * verified: FORMAT-LEVEL.EXTENSION in a folder.
 *
 * <p>Call: DssSeals KEY.pem CHAIN.pem TSA-KEY.pem TSA.pem PDF XML FOLDER ROOT.pem... LIST.crl..., RSA keys in PKCS#8.
 */
public final class DssSeals {
    private final PrivateKey key;
    private final List<CertificateToken> chain = new ArrayList<>();
    private final KeyEntityTSPSource authority;
    private final CommonCertificateVerifier verifier = new CommonCertificateVerifier();

    private DssSeals(String[] arguments) throws Exception {
        key = key(Path.of(arguments[0]));
        for (X509Certificate one : certificates(Path.of(arguments[1]))) {
            chain.add(new CertificateToken(one));
        }
        List<X509Certificate> tsa = certificates(Path.of(arguments[3]));
        authority = new KeyEntityTSPSource(key(Path.of(arguments[2])), tsa.get(0), tsa);
        authority.setTsaPolicy("1.2.3.4");
        var anchors = new CommonTrustedCertificateSource();
        List<DSSDocument> lists = new ArrayList<>();
        for (String file : Arrays.asList(arguments).subList(7, arguments.length)) {
            if (file.endsWith(".crl")) {
                String pem = Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
                lists.add(new InMemoryDocument(der(pem)));
            } else {
                for (X509Certificate one : certificates(Path.of(file))) {
                    anchors.addCertificate(new CertificateToken(one));
                }
            }
        }
        verifier.setTrustedCertSources(anchors);
        verifier.setAIASource(null);
        // a list counts although nothing is known yet of who signed it
        verifier.setRevocationFallback(true);
        verifier.setCrlSource(new ExternalResourcesCRLSource(lists.toArray(new DSSDocument[0])));
    }

    private static byte[] der(String pem) {
        return Base64.getDecoder().decode(pem.replaceAll("-----[A-Z0-9 ]+-----|\\s", ""));
    }

    private static PrivateKey key(Path pem) throws Exception {
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(der(Files.readString(pem))));
    }

    private static List<X509Certificate> certificates(Path file) throws Exception {
        List<X509Certificate> all = new ArrayList<>();
        try (InputStream input = Files.newInputStream(file)) {
            for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(input)) {
                all.add((X509Certificate) one);
            }
        }
        return all;
    }

    private SignatureValue value(ToBeSigned signed) throws Exception {
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(signed.getBytes());
        return new SignatureValue(SignatureAlgorithm.RSA_SHA256, signature.sign());
    }

    private <P extends AbstractSignatureParameters<?>> P prepared(P parameters, String level) {
        parameters.setSignatureLevel(SignatureLevel.valueByName(level));
        parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
        parameters.setSigningCertificate(chain.get(0));
        parameters.setCertificateChain(chain);
        return parameters;
    }

    private DSSDocument xades(DSSDocument file, String level) throws Exception {
        var parameters = prepared(new XAdESSignatureParameters(), "XAdES-BASELINE-" + level);
        parameters.setSignaturePackaging(SignaturePackaging.ENVELOPED);
        var service = new XAdESService(verifier);
        service.setTspSource(authority);
        return service.signDocument(file, parameters, value(service.getDataToSign(file, parameters)));
    }

    private DSSDocument pades(DSSDocument file, String level) throws Exception {
        var parameters = prepared(new PAdESSignatureParameters(), "PAdES-BASELINE-" + level);
        var service = new PAdESService(verifier);
        service.setTspSource(authority);
        return service.signDocument(file, parameters, value(service.getDataToSign(file, parameters)));
    }

    private DSSDocument cades(DSSDocument file, String level) throws Exception {
        var parameters = prepared(new CAdESSignatureParameters(), "CAdES-BASELINE-" + level);
        parameters.setSignaturePackaging(SignaturePackaging.ENVELOPING);
        var service = new CAdESService(verifier);
        service.setTspSource(authority);
        return service.signDocument(file, parameters, value(service.getDataToSign(file, parameters)));
    }

    private DSSDocument asicXades(List<DSSDocument> files, String level) throws Exception {
        var parameters = prepared(new ASiCWithXAdESSignatureParameters(), "XAdES-BASELINE-" + level);
        parameters.aSiC().setContainerType(ASiCContainerType.ASiC_E);
        var service = new ASiCWithXAdESService(verifier);
        service.setTspSource(authority);
        return service.signDocument(files, parameters, value(service.getDataToSign(files, parameters)));
    }

    private DSSDocument asicCades(List<DSSDocument> files, String level) throws Exception {
        var parameters = prepared(new ASiCWithCAdESSignatureParameters(), "CAdES-BASELINE-" + level);
        parameters.aSiC().setContainerType(ASiCContainerType.ASiC_E);
        var service = new ASiCWithCAdESService(verifier);
        service.setTspSource(authority);
        return service.signDocument(files, parameters, value(service.getDataToSign(files, parameters)));
    }

    public static void main(String[] arguments) throws Exception {
        var dss = new DssSeals(arguments);
        var pdf = new FileDocument(arguments[4]);
        var xml = new FileDocument(arguments[5]);
        Path folder = Path.of(arguments[6]);
        for (String level : List.of("B", "T", "LT", "LTA")) {
            String end = "-" + level.toLowerCase(java.util.Locale.ROOT);
            dss.xades(xml, level).save(folder.resolve("xades" + end + ".xml").toString());
            dss.pades(pdf, level).save(folder.resolve("pades" + end + ".pdf").toString());
            dss.cades(xml, level).save(folder.resolve("cades" + end + ".p7m").toString());
            dss.asicXades(List.of(xml, pdf), level).save(folder.resolve("asic-xades" + end + ".asice").toString());
            dss.asicCades(List.of(xml, pdf), level).save(folder.resolve("asic-cades" + end + ".asice").toString());
        }
    }
}
