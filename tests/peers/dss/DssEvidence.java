import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.EvidenceRecordWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlDigestMatcher;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/**
 * Asks EU DSS about evidence records in XML (RFC 6283): of each NAME.ers.xml in a folder whether it is over the file NAME
 * beside it. Its own policy, no network: a root and a revocation list are arguments.
 *
 * <p>One line for each: its name, the indication, the sub-indication, "proven" when it is over the file and every
 * timestamp is over what it has to be over ("broken" when not), how many timestamps it has, and what it complains about;
 * between tabs, "-" where there is nothing.
 */
public class DssEvidence {
    private static final String ENDING = ".ers.xml";

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 3) {
            System.err.println("usage: DssEvidence ROOT CRL FOLDER");
            System.exit(2);
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        try (InputStream in = Files.newInputStream(Path.of(arguments[0]))) {
            for (var certificate : factory.generateCertificates(in)) {
                anchors.addCertificate(new CertificateToken((X509Certificate) certificate));
            }
        }
        DSSDocument list = new InMemoryDocument(der(Path.of(arguments[1])));
        List<Path> records;
        try (Stream<Path> files = Files.list(Path.of(arguments[2]))) {
            records = files.filter(file -> file.toString().endsWith(ENDING)).sorted().toList();
        }
        for (Path file : records) {
            CommonCertificateVerifier verifier = new CommonCertificateVerifier();
            verifier.setTrustedCertSources(anchors);
            verifier.setAIASource(null);
            verifier.setCrlSource(new ExternalResourcesCRLSource(list));
            out.println(line(file, verifier));
        }
    }

    private static String line(Path file, CommonCertificateVerifier verifier) {
        String name = file.getFileName().toString();
        Path data = file.resolveSibling(name.substring(0, name.length() - ENDING.length()));
        try {
            SignedDocumentValidator validator =
                    SignedDocumentValidator.fromDocument(new FileDocument(file.toFile()));
            validator.setCertificateVerifier(verifier);
            validator.setDetachedContents(List.of(new FileDocument(data.toFile())));
            return said(name, validator.validateDocument());
        } catch (Exception error) { // whatever DSS stumbles over is its verdict
            return joined(name, "ERROR", null, "broken", "0", error.toString());
        }
    }

    private static String said(String name, Reports reports) {
        SimpleReport report = reports.getSimpleReport();
        DiagnosticData data = reports.getDiagnosticData();
        if (data.getEvidenceRecords().size() != 1) {
            return joined(name, "NONE", null, "broken", "0", null);
        }
        EvidenceRecordWrapper record = data.getEvidenceRecords().get(0);
        boolean proven = record.getDigestMatchers().stream().anyMatch(XmlDigestMatcher::isDataIntact);
        for (XmlDigestMatcher matcher : record.getDigestMatchers()) {
            proven &= matcher.isDataFound() && matcher.isDataIntact();
        }
        List<TimestampWrapper> stamps = record.getTimestampList();
        for (TimestampWrapper stamp : stamps) {
            proven &= stamp.isMessageImprintDataFound() && stamp.isMessageImprintDataIntact()
                    && stamp.isSignatureIntact();
        }
        String id = record.getId();
        List<String> complaints = new ArrayList<>();
        for (List<Message> messages : List.of(report.getAdESValidationErrors(id),
                report.getAdESValidationWarnings(id), report.getQualificationErrors(id))) {
            messages.forEach(message -> complaints.add(message.getValue()));
        }
        var sub = report.getSubIndication(id);
        return joined(name, String.valueOf(report.getIndication(id)), sub == null ? null : sub.name(),
                proven ? "proven" : "broken", String.valueOf(stamps.size()), String.join("; ", complaints));
    }

    private static String joined(String... fields) {
        List<String> plain = new ArrayList<>();
        for (String field : fields) {
            String text = field == null ? "" : field.replaceAll("\\s+", " ").strip();
            plain.add(text.isEmpty() ? "-" : text);
        }
        return String.join("\t", plain);
    }

    private static byte[] der(Path file) throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        return text.startsWith("-----BEGIN")
                ? Base64.getMimeDecoder().decode(text.replaceAll("-----[^-]+-----", "")) : bytes;
    }
}
