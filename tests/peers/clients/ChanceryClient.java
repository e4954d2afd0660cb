import chancery.ApiClient;
import chancery.ApiException;
import chancery.api.IntegrationApi;
import chancery.model.*;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A client as it is made of docs/openapi.json: seals XML and a PDF, as JSON and as a form, looks them up,
 * and hears what is wrong. SERVICE, TOKEN, XML and PDF say whom to ask and what to seal.
 */
public final class ChanceryClient {
    private static final Path XML = Path.of(System.getenv("XML"));
    private static final Path PDF = Path.of(System.getenv("PDF"));

    public static void main(String[] arguments) throws Exception {
        ApiClient client = new ApiClient();
        client.setBasePath(System.getenv("SERVICE"));
        client.addDefaultHeader("Authorization", "Bearer " + System.getenv("TOKEN"));
        IntegrationApi api = new IntegrationApi(client);
        String run = "chancery-java-" + System.nanoTime();

        SignRequest request = request(run, true).returnSignedContent(true);
        SignOperation signed = api.signDocumentBatchBase64(request, null);
        check(signed.getStatus() == OperationStatus.EXECUTED, signed);
        for (DocumentResponse document : signed.getDocumentList()) {
            check(document.getSignStatus() == SigningStatus.SIGNED, document);
        }
        byte[] pdf = Base64.getDecoder().decode(signed.getDocumentList().get(1).getSignedContent());
        check(Arrays.equals(Files.readAllBytes(PDF), Arrays.copyOf(pdf, (int) Files.size(PDF))), "an update");
        check(api.getOperationStatus(signed.getId()).getStatus() == OperationStatus.EXECUTED, signed);
        check(api.getSignOperationDocuments(signed.getId()).length() > pdf.length, "the ZIP");

        SignOperation form = api.signDocumentBatchBinary(List.of(XML.toFile(), PDF.toFile()), request(run + "-form", false));
        check(form.getStatus() == OperationStatus.EXECUTED, form);
        try {
            api.getOperationStatus(1L);
            throw new AssertionError("not found");
        } catch (ApiException refused) {
            check(refused.getCode() == 404 && refused.getResponseBody().contains("operation-not-found"), refused);
        }
        System.out.println("chancery client in Java: all calls are good");
    }

    private static SignRequest request(String reference, boolean contents) throws Exception {
        DocumentRequest xml = new DocumentRequest().externalReference(reference + "/1").name("one.xml").contentType("application/xml");
        DocumentRequest pdf = new DocumentRequest().externalReference(reference + "/2").name("two.pdf").contentType("application/pdf");
        if (contents) {
            xml.base64Content(Base64.getEncoder().encodeToString(Files.readAllBytes(XML)));
            pdf.base64Content(Base64.getEncoder().encodeToString(Files.readAllBytes(PDF)));
        }
        XadesSignatureInfo xades = new XadesSignatureInfo().signatureType(XadesSignatureType.XAD_ES)
            .advancedSignatureInfo(new XadesProfile().canonicalTransform(Canonicalization.EXCLUSIVE));
        PadesSignatureInfo pades = new PadesSignatureInfo().signatureType(PadesSignatureType.PAD_ES).reason("Invoice")
            .visibleSignatureInfo(new VisibleSignatureInfo().locationType(LocationType.COORDINATE).locationValue("page=1,x=70,y=100"));
        return new SignRequest().externalReference(reference).description("Some context.")
            .addDocumentsItem(new SignDocument().documentRequest(xml).signatureInfo(new SignatureInfo(xades)))
            .addDocumentsItem(new SignDocument().documentRequest(pdf).signatureInfo(new SignatureInfo(pades)));
    }

    private static void check(boolean held, Object seen) {
        if (!held) {
            throw new AssertionError(String.valueOf(seen));
        }
    }
}
