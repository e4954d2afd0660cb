import eu.europa.esig.dss.diagnostic.PDFRevisionWrapper;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlObjectModification;
import eu.europa.esig.dss.enumerations.SubIndication;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.InMemoryDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.policy.SignaturePolicyProvider;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CertificateSource;
import eu.europa.esig.dss.spi.x509.CommonCertificateSource;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Asks EU DSS, with its own default policy and without network, what it makes of signatures: XML, PDF,
 * CMS and ASiC containers.
 *
 * <p>One line per signature on stdout, fields separated by tabs: path, signature Id, level,
 * indication, sub-indication, whether digests and signature value are right whatever the rest
 * ("intact" or "broken"), errors, warnings, what it finds odd about a PDF; "-" where there is nothing.
 * That last field has, with ";" between them, "byte-range", "dictionary", "overlap", "pages",
 * "visual", "undefined", "annotations", "forms" and "extensions", some with what changed behind "=".
 * Encrypted PDFs are opened with the empty password. A file that DSS cannot read, or
 * that has no signature, gets one line with the level "ERROR" or "NONE". The exit code says only
 * whether the run itself worked. README.md tells what the verdicts mean.
 */
public final class DssValidate {
    private static final String USAGE = """
            usage: DssValidate [OPTION...] FILE|FOLDER|@LIST...
              --root PEM           trust anchors (may be repeated)
              --certificates PATH  other certificates: a PEM or DER file, or a folder of them
              --crl FILE           revocation list, DER or PEM (may be repeated)
              --policy ID=FILE     a signature policy's own document, by its identifier
              --content FILE       what a detached signature signs (may be repeated)
              --times COUNT        only how long each file takes, this often
              --time INSTANT       validation time, such as 2026-01-31T12:00:00Z; else now
              @LIST                one file a line, or file<TAB>detached content""";

    private record Asked(Path file, List<Path> contents) {}

    private final CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
    private final CommonCertificateSource certificates = new CommonCertificateSource();
    private final List<DSSDocument> lists = new ArrayList<>();
    private final Map<String, DSSDocument> policies = new HashMap<>();
    private final List<Path> contents = new ArrayList<>();
    private final List<Asked> asked = new ArrayList<>();
    private Date time;
    private int times;

    public static void main(String[] arguments) throws Exception {
        DssValidate judge = new DssValidate();
        try {
            judge.read(arguments);
        } catch (IllegalArgumentException wrong) {
            System.err.println(wrong.getMessage() + "\n" + USAGE);
            System.exit(2);
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (Asked one : judge.asked) {
            if (judge.times > 0) {
                out.println(judge.timed(one));
            } else {
                judge.validate(one).forEach(out::println);
            }
        }
    }

    private void read(String[] arguments) throws IOException, CertificateException {
        List<String> targets = new ArrayList<>();
        for (int at = 0; at < arguments.length; at++) {
            if (!arguments[at].startsWith("--")) {
                targets.add(arguments[at]);
                continue;
            }
            String option = arguments[at++];
            if (at == arguments.length) {
                throw new IllegalArgumentException(option + " needs a value");
            }
            option(option, arguments[at]);
        }
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("no file given");
        }
        for (String target : targets) {
            add(target);
        }
    }

    private void option(String name, String value) throws IOException, CertificateException {
        switch (name) {
            case "--root" -> load(Path.of(value), anchors);
            case "--certificates" -> load(Path.of(value), certificates);
            case "--crl" -> lists.add(new InMemoryDocument(der(Path.of(value))));
            case "--content" -> contents.add(Path.of(value));
            case "--times" -> times = Integer.parseInt(value);
            case "--time" -> time = Date.from(Instant.parse(value));
            case "--policy" -> {
                String[] parts = value.split("=", 2);
                if (parts.length != 2) {
                    throw new IllegalArgumentException("--policy wants ID=FILE");
                }
                policies.put(parts[0], new FileDocument(parts[1]));
            }
            default -> throw new IllegalArgumentException("unknown option " + name);
        }
    }

    private void add(String target) throws IOException {
        if (target.startsWith("@")) {
            for (String line : Files.readAllLines(Path.of(target.substring(1)))) {
                String[] parts = line.split("\t");
                if (!parts[0].isEmpty()) {
                    List<Path> own = Stream.of(parts).skip(1).map(Path::of).toList();
                    asked.add(new Asked(Path.of(parts[0]), own.isEmpty() ? contents : own));
                }
            }
            return;
        }
        try (Stream<Path> found = Files.walk(Path.of(target))) {
            found.filter(Files::isRegularFile).sorted()
                    .forEach(file -> asked.add(new Asked(file, contents)));
        }
    }

    private static void load(Path path, CertificateSource into)
            throws IOException, CertificateException {
        List<Path> files;
        try (Stream<Path> found = Files.walk(path)) {
            files = found.filter(Files::isRegularFile).sorted().toList();
        }
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        for (Path file : files) {
            try (InputStream in = Files.newInputStream(file)) {
                for (var certificate : factory.generateCertificates(in)) {
                    into.addCertificate(new CertificateToken((X509Certificate) certificate));
                }
            }
        }
    }

    private static byte[] der(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (!text.startsWith("-----BEGIN")) {
            return bytes;
        }
        return java.util.Base64.getMimeDecoder().decode(text.replaceAll("-----[^-]+-----", ""));
    }

    private List<String> validate(Asked one) {
        try {
            SignedDocumentValidator validator =
                    SignedDocumentValidator.fromDocument(new FileDocument(one.file().toFile()));
            validator.setCertificateVerifier(verifier());
            SignaturePolicyProvider provider = new SignaturePolicyProvider();
            provider.setSignaturePoliciesById(policies);
            validator.setSignaturePolicyProvider(provider);
            if (validator instanceof PDFDocumentValidator pdf) {
                pdf.setPasswordProtection(new char[0]);
            }
            List<DSSDocument> detached = new ArrayList<>();
            one.contents().forEach(content -> detached.add(new FileDocument(content.toFile())));
            validator.setDetachedContents(detached);
            if (time != null) {
                validator.setValidationTime(time);
            }
            List<String> lines = lines(one.file(), validator.validateDocument());
            String none = line(one.file(), "-", "NONE", "-", "-", "-", "-", "-", "-");
            return lines.isEmpty() ? List.of(none) : lines;
        } catch (Exception | StackOverflowError error) { // whatever DSS stumbles over is its verdict
            String said = error.getClass().getSimpleName() + ": " + error.getMessage();
            return List.of(line(one.file(), "-", "ERROR", "-", "-", "-", said, "-", "-"));
        }
    }

    /** The indication, and the milliseconds of many validations: the least, and the median. */
    private String timed(Asked one) {
        double[] all = new double[times];
        for (int warm = 0; warm < times; warm++) {
            validate(one);
        }
        for (int at = 0; at < times; at++) {
            long begin = System.nanoTime();
            validate(one);
            all[at] = (System.nanoTime() - begin) / 1e6;
        }
        java.util.Arrays.sort(all);
        String indication = validate(one).get(0).split("\t")[3];
        return line(one.file(), indication, String.valueOf(all[0]), String.valueOf(all[times / 2]));
    }

    /** Only what was given on the command line: no AIA, OCSP or CRL is fetched. */
    private CommonCertificateVerifier verifier() {
        CommonCertificateVerifier verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(anchors);
        verifier.setAdjunctCertSources(certificates);
        verifier.setAIASource(null);
        if (!lists.isEmpty()) {
            verifier.setCrlSource(new ExternalResourcesCRLSource(lists.toArray(new DSSDocument[0])));
        }
        return verifier;
    }

    private static List<String> lines(Path file, Reports reports) {
        SimpleReport report = reports.getSimpleReport();
        List<String> lines = new ArrayList<>();
        for (String id : report.getSignatureIdList()) {
            SignatureWrapper signature = reports.getDiagnosticData().getSignatureById(id);
            SubIndication sub = report.getSubIndication(id);
            lines.add(line(
                    file,
                    signature.getDAIdentifier(),
                    String.valueOf(report.getSignatureFormat(id)),
                    String.valueOf(report.getIndication(id)),
                    sub == null ? null : sub.name(),
                    signature.isSignatureValid() ? "intact" : "broken",
                    text(report.getAdESValidationErrors(id)),
                    text(report.getAdESValidationWarnings(id)),
                    odd(signature)));
        }
        return lines;
    }

    private static String odd(SignatureWrapper signature) {
        PDFRevisionWrapper revision = signature.getPDFRevision();
        if (revision == null) {
            return null;
        }
        List<String> odd = new ArrayList<>();
        if (!revision.isSignatureByteRangeValid()) {
            odd.add("byte-range");
        }
        if (!revision.isPdfSignatureDictionaryConsistent()) {
            odd.add("dictionary");
        }
        add(odd, "overlap", revision.getPdfAnnotationsOverlapConcernedPages());
        add(odd, "pages", revision.getPdfPageDifferenceConcernedPages());
        add(odd, "visual", revision.getPdfVisualDifferenceConcernedPages());
        add(odd, "undefined", named(revision.getPdfUndefinedChanges()));
        add(odd, "annotations", named(revision.getPdfAnnotationChanges()));
        add(odd, "forms", named(revision.getPdfSignatureOrFormFillChanges()));
        add(odd, "extensions", named(revision.getPdfExtensionChanges()));
        return String.join(";", odd);
    }

    private static void add(List<String> odd, String what, List<?> where) {
        if (where != null && !where.isEmpty()) {
            odd.add(what + "=" + String.join(",", where.stream().map(String::valueOf).toList()));
        }
    }

    private static List<String> named(List<XmlObjectModification> changes) {
        return changes == null ? List.of() : changes.stream().map(one -> one.getValue()).toList();
    }

    private static String text(List<Message> messages) {
        return String.join("; ", messages.stream().map(Message::getValue).distinct().toList());
    }

    private static String line(Path file, String... fields) {
        StringBuilder line = new StringBuilder(file.toString());
        for (String field : fields) {
            String plain = field == null ? "" : field.replaceAll("\\s+", " ").strip();
            line.append('\t').append(plain.isEmpty() ? "-" : plain);
        }
        return line.toString();
    }
}
