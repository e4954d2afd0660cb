import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.XMLConstants;
import javax.xml.crypto.AlgorithmMethod;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.KeySelectorException;
import javax.xml.crypto.KeySelectorResult;
import javax.xml.crypto.OctetStreamData;
import javax.xml.crypto.URIDereferencer;
import javax.xml.crypto.URIReferenceException;
import javax.xml.crypto.XMLCryptoContext;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyValue;
import javax.xml.crypto.dsig.keyinfo.X509Data;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/**
 * Verifies every ds:Signature of files, nested ones too, with the engine of the JDK.
 *
 * <p>Usage: java JdkVerify.java [--root PEM] [--key PEM] [--base FOLDER] FILE|@LIST...
 *
 * <p>One line per signature, fields separated by tabs: path, number of the signature in the file, OK or
 * FAIL, one + or - per reference, reason ("-" when OK). The key is that of the signer's certificate in
 * ds:KeyInfo, else of ds:KeyValue, else of --key; when certificate and ds:KeyValue are both there they
 * must agree. --root asks for a path from the certificate to that anchor, now and without revocation.
 * --base is where references to other files are looked up; without it they fail. Exit code 1 when one
 * fails.
 */
public final class JdkVerify {
    private static final XMLSignatureFactory FACTORY = XMLSignatureFactory.getInstance("DOM");

    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String reason) {
            super(reason);
        }
    }

    private final class Chosen extends KeySelector {
        @Override
        public KeySelectorResult select(
                KeyInfo info, Purpose purpose, AlgorithmMethod method, XMLCryptoContext context)
                throws KeySelectorException {
            try {
                PublicKey chosen = keyOf(info);
                return () -> chosen;
            } catch (Exception error) {
                throw new KeySelectorException(error);
            }
        }
    }

    private final Set<TrustAnchor> anchors = new HashSet<>();
    private PublicKey key;
    private Path base;

    public static void main(String[] arguments) throws Exception {
        JdkVerify judge = new JdkVerify();
        List<String> files = new ArrayList<>();
        for (int at = 0; at < arguments.length; at++) {
            switch (arguments[at]) {
                case "--root" -> judge.trust(Path.of(arguments[++at]));
                case "--key" -> judge.key = publicKey(Path.of(arguments[++at]));
                case "--base" -> judge.base = Path.of(arguments[++at]);
                default -> {
                    boolean list = arguments[at].startsWith("@");
                    files.addAll(list
                            ? Files.readAllLines(Path.of(arguments[at].substring(1)))
                            : List.of(arguments[at]));
                }
            }
        }
        if (files.isEmpty()) {
            System.err.println(
                    "usage: JdkVerify [--root PEM] [--key PEM] [--base FOLDER] FILE|@LIST...");
            System.exit(2);
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        boolean failed = false;
        for (String file : files) {
            failed |= !judge.verify(file, out);
        }
        System.exit(failed ? 1 : 0);
    }

    private void trust(Path pem) throws Exception {
        try (InputStream in = Files.newInputStream(pem)) {
            for (var one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                anchors.add(new TrustAnchor((X509Certificate) one, null));
            }
        }
    }

    private static PublicKey publicKey(Path pem) throws Exception {
        String text = Files.readString(pem).replaceAll("-----[^-]+-----", "");
        var spec = new X509EncodedKeySpec(Base64.getMimeDecoder().decode(text));
        try {
            return KeyFactory.getInstance("RSA").generatePublic(spec);
        } catch (java.security.spec.InvalidKeySpecException other) {
            return KeyFactory.getInstance("EC").generatePublic(spec);
        }
    }

    private boolean verify(String file, PrintStream out) {
        NodeList found;
        try {
            found = parse(Path.of(file)).getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
        } catch (Exception error) {
            out.println(String.join("\t", file, "0", "FAIL", "-", reason(error)));
            return false;
        }
        if (found.getLength() == 0) {
            out.println(String.join("\t", file, "0", "FAIL", "-", "no ds:Signature"));
            return false;
        }
        boolean good = true;
        for (int at = 0; at < found.getLength(); at++) {
            StringBuilder references = new StringBuilder();
            String reason = "-";
            try {
                verify((Element) found.item(at), references);
            } catch (Exception | StackOverflowError error) {
                reason = reason(error);
                good = false;
            }
            String verdict = reason.equals("-") ? "OK" : "FAIL";
            String marks = references.isEmpty() ? "-" : references.toString();
            out.println(String.join("\t", file, String.valueOf(at + 1), verdict, marks, reason));
        }
        return good;
    }

    private static Document parse(Path file) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_DTD, "");
        factory.setAttribute(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");
        DocumentBuilder builder = factory.newDocumentBuilder();
        builder.setErrorHandler(null);
        Document document = builder.parse(
                new InputSource(new ByteArrayInputStream(Files.readAllBytes(file))));
        NodeList elements = document.getElementsByTagName("*");
        for (int at = 0; at < elements.getLength(); at++) {
            Element element = (Element) elements.item(at);
            for (String name : List.of("Id", "ID", "id")) {
                Attr attribute = element.getAttributeNodeNS(null, name);
                if (attribute != null) {
                    element.setIdAttributeNode(attribute, true);
                }
            }
        }
        return document;
    }

    private void verify(Element element, StringBuilder references) throws Exception {
        DOMValidateContext context = new DOMValidateContext(new Chosen(), element);
        context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.FALSE);
        context.setURIDereferencer(this.dereferencer());
        XMLSignature signature = FACTORY.unmarshalXMLSignature(context);
        boolean intact = true;
        for (Reference reference : signature.getSignedInfo().getReferences()) {
            boolean right;
            try {
                right = reference.validate(context);
            } catch (Exception error) {
                references.append('-');
                throw error;
            }
            references.append(right ? '+' : '-');
            intact &= right;
        }
        if (!intact) {
            throw new Refused("a digest does not match");
        }
        if (!signature.getSignatureValue().validate(context)) {
            throw new Refused("the signature value does not match");
        }
    }

    private URIDereferencer dereferencer() {
        URIDereferencer usual = FACTORY.getURIDereferencer();
        return (reference, context) -> {
            String uri = reference.getURI();
            if (uri == null || uri.isEmpty() || uri.startsWith("#")) {
                return usual.dereference(reference, context);
            }
            if (base == null) {
                throw new URIReferenceException("refers to " + uri + " and there is no --base");
            }
            try {
                Path path = base.resolve(URI.create(uri).getPath());
                return new OctetStreamData(Files.newInputStream(path), uri, null);
            } catch (Exception error) {
                throw new URIReferenceException(error);
            }
        };
    }

    private PublicKey keyOf(KeyInfo info) throws Exception {
        List<X509Certificate> chain = new ArrayList<>();
        PublicKey value = null;
        for (Object one : info == null ? List.of() : info.getContent()) {
            if (one instanceof X509Data data) {
                for (Object part : data.getContent()) {
                    if (part instanceof X509Certificate certificate) {
                        chain.add(certificate);
                    }
                }
            } else if (one instanceof KeyValue pair) {
                value = pair.getPublicKey();
            }
        }
        X509Certificate signer = signerOf(chain);
        if (!anchors.isEmpty()) {
            checkPath(signer, chain);
        }
        if (signer == null) {
            if (value == null && key == null) {
                throw new Refused("no certificate or key in ds:KeyInfo");
            }
            return value == null ? key : value;
        }
        if (value != null && !value.equals(signer.getPublicKey())) {
            throw new Refused("ds:KeyValue is not the certificate's key");
        }
        return signer.getPublicKey();
    }

    /** The one certificate that issued no other. */
    private static X509Certificate signerOf(Collection<X509Certificate> chain) throws Refused {
        X509Certificate signer = null;
        for (X509Certificate one : chain) {
            boolean issuer = chain.stream().anyMatch(other -> !other.equals(one)
                    && other.getIssuerX500Principal().equals(one.getSubjectX500Principal()));
            if (!issuer && signer != null && !signer.equals(one)) {
                throw new Refused("two certificates in ds:KeyInfo could be the signer's");
            }
            signer = issuer ? signer : one;
        }
        return signer;
    }

    private void checkPath(X509Certificate signer, List<X509Certificate> chain) throws Exception {
        if (signer == null) {
            throw new Refused("no certificate in ds:KeyInfo");
        }
        List<X509Certificate> path = new ArrayList<>();
        for (X509Certificate next = signer; next != null && path.size() <= chain.size(); ) {
            X509Certificate last = next;
            if (anchors.stream().noneMatch(anchor -> anchor.getTrustedCert().equals(last))) {
                path.add(last);
            }
            next = chain.stream()
                    .filter(one -> !path.contains(one)
                            && one.getSubjectX500Principal().equals(last.getIssuerX500Principal()))
                    .findFirst()
                    .orElse(null);
        }
        PKIXParameters parameters = new PKIXParameters(anchors);
        parameters.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX").validate(
                CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
    }

    private static String reason(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String said = cause instanceof Refused
                ? cause.getMessage()
                : cause.getClass().getSimpleName() + ": " + cause.getMessage();
        return said.replaceAll("\\s+", " ").strip();
    }
}
