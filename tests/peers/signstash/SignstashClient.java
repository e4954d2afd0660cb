import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import signstash.ApiClient;
import signstash.ApiException;
import signstash.JSON;
import signstash.api.DeliveryApi;
import signstash.api.DocumentApi;
import signstash.api.OperationApi;
import signstash.model.*;

/**
 * An integrator of Sign'Stash, with the models that a generator makes of v0.json, unchanged: token, sign
 * as JSON and as a form, id, status, detail, ZIP, resend, errors. SERVICE, ALIAS, SECRET, XML and PDF say
 * whom to ask and what to sign.
 */
public final class SignstashClient {
    /** Where Sign'Stash has its API. */
    private static final String PREFIX = "/signstash/einvoice-integration-ws";
    private static final String PROXY = "/signstash/einvoice-integration-client-ws";

    private static final String SERVICE = System.getenv("SERVICE");
    private static final Path XML = Path.of(System.getenv("XML"));
    private static final Path PDF = Path.of(System.getenv("PDF"));
    /** A PNG of one pixel. */
    private static final String PIXEL =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    public static void main(String[] arguments) throws Exception {
        String run = "java-" + System.nanoTime();
        String token = token(System.getenv("ALIAS"), System.getenv("SECRET"), 200).get("access_token").getAsString();
        ApiClient client = client(PREFIX, token);
        DocumentApi documents = new DocumentApi(client);
        OperationApi operations = new OperationApi(client);

        SignOperation signed = documents.signDocumentBatchBase64(request(run, true));
        check(signed.getStatus() == OperationStatus.EXECUTED, "executed", signed);
        check(signed.getType() == OperationType.SIGN, "of type SIGN", signed);
        check(signed.getFolder().getFolderContent() == FolderContent.DOCUMENT, "of documents", signed);
        base(signed.getIssuerCompany(), signed.getCreationDate(), signed.getSignatureQueuePriority());
        List<DocumentResponse> list = signed.getDocumentList();
        check(list.size() == 2, "two documents", signed);
        for (DocumentResponse document : list) {
            good(document);
            check(document.getSignedContent() != null, "with content", document);
        }
        byte[] pdf = Base64.getDecoder().decode(list.get(1).getSignedContent());
        check(Arrays.equals(Files.readAllBytes(PDF), Arrays.copyOf(pdf, (int) Files.size(PDF))), "an update", null);

        String reference = list.get(0).getExternalReference();
        Long id = operations.getOperationIdWithDocumentExternalReference(reference);
        check(id.equals(signed.getId()), "found by its reference", id);
        BaseOperation status = operations.getOperationStatus(id);
        check(status.getStatus() == OperationStatus.EXECUTED, "executed", status);
        check(status.getFolderExternalReference().equals(run), "the request's reference", status);
        base(status.getIssuerCompany(), status.getCreationDate(), status.getSignatureQueuePriority());
        SignOperation detail = operations.getSignOperationDetail(id, true);
        check(detail.getDocumentList().get(0).getSignedContent().equals(list.get(0).getSignedContent()), "the same bytes", null);
        check(operations.getSignOperationDetail(id, false).getDocumentList().get(0).getSignedContent() == null, "no content", null);
        zip(operations.getSignOperationDocuments(id), list);

        form(documents, operations, run);
        proxy(token, run);
        failing(documents, operations, run);
        preserved(documents, run);
        mails(documents, token, id, run);
        token(System.getenv("ALIAS"), "wrong", 401);
        ApiException refused = expect(401, () -> new OperationApi(client(PREFIX, "nonsense")).getOperationStatus(id));
        error(refused, "0.0.10");
        System.out.println("signstash client: all calls are good");
    }

    private static void form(DocumentApi documents, OperationApi operations, String run) throws Exception {
        SignRequestBinaryDocument request = new SignRequestBinaryDocument()
            .externalReference(run + "-form").description("A form.").returnSignedContent(false);
        request.addDocumentsItem(new SignDocumentBinaryDocument()
            .documentRequest(new BinaryDocument().externalReference(run + "-form-1").name("fatura ã.xml").contentType(kind()))
            .signatureInfo(new SignatureInfo().signatureType(SignatureInfo.SignatureTypeEnum.XAD_ES)));
        request.addDocumentsItem(new SignDocumentBinaryDocument()
            .documentRequest(new BinaryDocument().externalReference(run + "-form-2").name("two.pdf").contentType(kind()))
            .signatureInfo(pades()));
        SignOperation signed = documents.signDocumentBatchBinary(List.of(XML.toFile(), PDF.toFile()), request);
        check(signed.getStatus() == OperationStatus.EXECUTED, "executed", signed);
        for (DocumentResponse document : signed.getDocumentList()) {
            good(document);
        }
        SignOperation detail = operations.getSignOperationDetail(signed.getId(), true);
        check(detail.getDocumentList().get(1).getContentLength() == Files.size(PDF), "the PDF is the second", detail);
    }

    /** The proxy's answer has the documents although nobody asked for them. */
    private static void proxy(String token, String run) throws Exception {
        SignOperation signed = new DocumentApi(client(PROXY, token)).signDocumentBatchBase64(request(run + "-proxy", null));
        check(signed.getDocumentList().get(0).getSignedContent() != null, "with content", signed);
    }

    /** What integrators do with a document that is not signed: they look at signError. */
    private static void failing(DocumentApi documents, OperationApi operations, String run) throws Exception {
        SignRequestBase64Document request = request(run + "-bad", true);
        request.getDocuments().get(0).getDocumentRequest().base64Content(base64("<a>".getBytes(StandardCharsets.UTF_8)));
        SignOperation signed = documents.signDocumentBatchBase64(request);
        check(signed.getStatus() == OperationStatus.EXECUTED, "its sibling is signed", signed);
        for (DocumentResponse document : signed.getDocumentList()) {
            if (document.getSignStatus() == SigningStatus.SIGNED) {
                continue;
            }
            switch (document.getSignError()) {
                case CONFIGURATION_SIGN_ERROR:
                    break;
                default:
                    throw new AssertionError(document.toString());
            }
        }
        error(expect(400, () -> documents.signDocumentBatchBase64(new SignRequestBase64Document().description("no name"))), "0.0.2");
        SignRequestBase64Document other = request(run, true).description("another");
        error(expect(409, () -> documents.signDocumentBatchBase64(other)), "0.0.7");
        error(expect(404, () -> operations.getOperationStatus(1L)), "2.1.0");
        error(expect(404, () -> operations.getOperationIdWithDocumentExternalReference("FT 2021/5")), "2.1.0");
    }

    private static void preserved(DocumentApi documents, String run) throws Exception {
        SignRequestBase64Document request = request(run + "-kept", true)
            .preservationInfo(new PreservationInfo().preserveContent(true).alias("pretty.xml"));
        DocumentResponse document = documents.signDocumentBatchBase64(request).getDocumentList().get(0);
        check(document.getStorageStatus() == StorageStatus.CONTENT_PRESERVED, "preserved", document);
    }

    private static void mails(DocumentApi documents, String token, Long id, String run) throws Exception {
        SignRequestBase64Document request = request(run + "-mail", false)
            .preservationInfo(new PreservationInfo().preserveContent(false).deliveryInfo(new DeliveryInfo()
                .attachDocuments(false)
                .addPersonReceiverItem(new Person().email("john.doe@example.com").deliveryStatus(DeliveryStatus.SENT))));
        SignOperation told = documents.signDocumentBatchBase64(request);
        check(told.getDeliveryInfo().getPersonReceiver().get(0).getDeliveryStatus() == DeliveryStatus.PENDING, "pending", told);
        DeliveryApi delivery = new DeliveryApi(client(PREFIX, token));
        delivery.resendMail(id, true, new ArrayList<>(List.of("john.doe@example.com", "ap@example.com")));
        error(expect(400, () -> delivery.resendMail(id, true, new ArrayList<>())), "0.0.2");
    }

    private static SignRequestBase64Document request(String reference, Boolean contents) throws Exception {
        SignRequestBase64Document request = new SignRequestBase64Document()
            .externalReference(reference).description("Some context.").returnSignedContent(contents);
        request.addDocumentsItem(new SignDocumentBase64Document()
            .documentRequest(new Base64Document().externalReference(reference + "/1").name("one.xml")
                .contentType(Base64Document.ContentTypeEnum.APPLICATION_PDF_TEXT_XML_APPLICATION_XML)
                .base64Content(base64(Files.readAllBytes(XML))))
            .signatureInfo(new SignatureInfo().signatureType(SignatureInfo.SignatureTypeEnum.XAD_ES).applyTimestamp(false)
                .advancedSignatureInfo(new AdvancedSignatureInfo()
                    .signatureTransform(SignatureTransform.ENVELOPED)
                    .canonicalTransform(CanonicalTransform.EXCLUSIVE_WITH_COMMENTS))));
        request.addDocumentsItem(new SignDocumentBase64Document()
            .documentRequest(new Base64Document().externalReference(reference + "/2").name("two.pdf")
                .contentType(Base64Document.ContentTypeEnum.APPLICATION_PDF_TEXT_XML_APPLICATION_XML)
                .base64Content(base64(Files.readAllBytes(PDF))))
            .signatureInfo(pades()));
        return request;
    }

    private static SignatureInfo pades() {
        return new SignatureInfo().signatureType(SignatureInfo.SignatureTypeEnum.PAD_ES).applyTimestamp(false)
            .reason("Invoice").location("Lisboa")
            .visibleSignatureInfo(new VisibleSignatureInfo()
                .templateType(VisibleSignatureInfo.TemplateTypeEnum.ONE_OFF)
                .oneOffTemplate("Digitally Signed by $certificate.getCommonName().")
                .locationType(VisibleSignatureInfo.LocationTypeEnum.COORDINATE).locationValue("page=1,x=70,y=100")
                .area("width=155,height=50").areaBackgroundColor("#FFFFFF").font("color=#000000,size=11")
                .imageType(VisibleImageType.IMAGE_PNG).imageValue(PIXEL));
    }

    private static BinaryDocument.ContentTypeEnum kind() {
        return BinaryDocument.ContentTypeEnum.APPLICATION_PDF_TEXT_XML_APPLICATION_XML;
    }

    private static String base64(byte[] octets) {
        return Base64.getEncoder().encodeToString(octets);
    }

    /** What an operation says besides its documents. */
    private static void base(Company company, OffsetDateTime created, SignatureQueuePriority queue) {
        check(company.getStatus() == CompanyStatus.ACTIVE, "active", company);
        check(company.getCreationDate().isBefore(OffsetDateTime.now().plusMinutes(1)), "founded", company);
        check(company.getI18nCode().matches("[a-z]{2}_[A-Z]{2}"), "a locale", company);
        check(created != null && queue.getName().equals("DEFAULT") && queue.getDefaultPriority(), "queued", queue);
    }

    private static void good(DocumentResponse document) {
        check(document.getSignStatus() == SigningStatus.SIGNED, "signed", document);
        check(document.getCipherStatus() == CipherStatus.NO_CIPHER, "not encrypted", document);
        check(document.getStorageStatus() == StorageStatus.CONTENT_STORED, "stored", document);
        check(document.getStoragePeriod() == 120, "for ten years", document);
        check(document.getStorageEndDate().equals(document.getReceptionDate().plusMonths(120)), "until then", document);
        check(!document.getDocumentAttributes().isEmpty(), "its settings", document);
    }

    private static void zip(File file, List<DocumentResponse> list) throws Exception {
        Set<String> names = new HashSet<>();
        try (ZipInputStream zip = new ZipInputStream(new FileInputStream(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                names.add(entry.getName());
                byte[] octets = zip.readAllBytes();
                boolean known = list.stream().anyMatch(it -> it.getSignedContent().equals(base64(octets)));
                check(known, "one of the documents", entry.getName());
            }
        }
        for (DocumentResponse document : list) {
            String name = document.getExternalReference().replace('/', '_') + "." + document.getName();
            check(names.contains(name), "in the ZIP: " + name, names);
        }
    }

    private static ApiClient client(String prefix, String token) {
        ApiClient client = new ApiClient();
        client.setBasePath(SERVICE + prefix);
        client.setBearerToken(token);
        return client;
    }

    private static JsonObject token(String alias, String secret, int wanted) throws Exception {
        String basic = base64((alias + ":" + secret).getBytes(StandardCharsets.UTF_8));
        HttpRequest request = HttpRequest.newBuilder(URI.create(SERVICE + "/oauth2/authorization-server/oauth/token"))
            .header("Authorization", "Basic " + basic)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("grant_type=client_credentials")).build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        check(answer.statusCode() == wanted, "a token or not", answer.body());
        return JsonParser.parseString(answer.body()).getAsJsonObject();
    }

    private interface Call {
        void make() throws ApiException;
    }

    private static ApiException expect(int status, Call call) {
        try {
            call.make();
        } catch (ApiException refused) {
            check(refused.getCode() == status, "status " + status, refused.getResponseBody());
            return refused;
        }
        throw new AssertionError("expected " + status);
    }

    private static void error(ApiException refused, String code) {
        ErrorResponse said = JSON.deserialize(refused.getResponseBody(), ErrorResponse.class);
        check(code.equals(said.getErrorCode()), code, said);
        check(!said.getCauseMessage().isEmpty() && !said.getErrorCodeDescription().isEmpty(), "says why", said);
    }

    private static void check(boolean held, String what, Object seen) {
        if (!held) {
            throw new AssertionError("not " + what + ": " + seen);
        }
    }
}
