"""A client as it is made of docs/openapi.json: asks for a token, seals XML and a PDF, as JSON and as a form,
looks them up, and hears what is wrong. SERVICE, ALIAS, SECRET, XML and PDF say whom to ask and what to seal.
"""

import base64
import io
import os
import pathlib
import time
import zipfile

import chancery
from chancery import models

XML = pathlib.Path(os.environ["XML"]).read_bytes()
PDF = pathlib.Path(os.environ["PDF"]).read_bytes()


def request(reference, contents):
    """Two documents, with their contents or for a form that has them."""

    def document(number, name, kind, octets, info):
        asked = models.DocumentRequest(external_reference=f"{reference}/{number}", name=name, content_type=kind)
        if contents:
            asked.base64_content = base64.b64encode(octets).decode()
        return models.SignDocument(document_request=asked, signature_info=models.SignatureInfo(info))

    xades = models.XadesSignatureInfo(
        signature_type=models.XadesSignatureType.XADES,
        advanced_signature_info=models.XadesProfile(canonical_transform=models.Canonicalization.EXCLUSIVE),
    )
    place = models.VisibleSignatureInfo(location_type=models.LocationType.COORDINATE, location_value="page=1,x=70,y=100")
    pades = models.PadesSignatureInfo(
        signature_type=models.PadesSignatureType.PADES, reason="Invoice", visible_signature_info=place
    )
    documents = [
        document(1, "one.xml", "application/xml", XML, xades),
        document(2, "two.pdf", "application/pdf", PDF, pades),
    ]
    return models.SignRequest(
        external_reference=reference,
        description="Some context.",
        return_signed_content=contents,
        documents=documents,
    )


def check(held, seen):
    """Stops unless it held."""
    if not held:
        raise AssertionError(seen)


def refused(call, status, reason):
    """The call is refused, and says why."""
    try:
        call()
    except chancery.ApiException as error:
        check(error.status == status, error)
        check(reason in error.body, error.body)
        return
    raise AssertionError(f"not refused: {reason}")


def token(client):
    """An access token, from the client's name and secret."""
    granted = chancery.Oauth2Api(client).get_access_token(
        grant_type="client_credentials", client_id=os.environ["ALIAS"], client_secret=os.environ["SECRET"]
    )
    check(granted.token_type.lower() == "bearer" and granted.expires_in > 0, "a bearer token")
    return granted.access_token


def main():
    configuration = chancery.Configuration(host=os.environ["SERVICE"])
    configuration.access_token = token(chancery.ApiClient(configuration))
    api = chancery.IntegrationApi(chancery.ApiClient(configuration))
    run = f"chancery-python-{time.time_ns()}"

    signed = api.sign_document_batch_base64(request(run, True))
    check(signed.status == models.OperationStatus.EXECUTED, signed)
    documents = signed.document_list
    check(all(document.sign_status == models.SigningStatus.SIGNED for document in documents), signed)
    sealed = [base64.b64decode(document.signed_content) for document in documents]
    check(b"SignatureValue" in sealed[0], "the XML holds a signature")
    check(sealed[1].startswith(PDF), "the PDF is updated")

    status = api.get_operation_status(signed.id)
    check(status.status == models.OperationStatus.EXECUTED, status)
    check(api.get_operation_id_by_document(f"{run}/2") == signed.id, "found by its reference")
    detail = api.get_sign_operation_detail(signed.id, True)
    check([document.signed_content for document in detail.document_list]
          == [document.signed_content for document in documents], "the same bytes")
    with zipfile.ZipFile(io.BytesIO(api.get_sign_operation_documents(signed.id))) as archive:
        check([archive.read(name) for name in archive.namelist()] == sealed, archive.namelist())

    form = api.sign_document_batch_binary(files=[("one.xml", XML), ("two.pdf", PDF)], sign_request=request(run + "-form", False))
    check(form.status == models.OperationStatus.EXECUTED, form)

    refused(lambda: api.get_operation_status(1), 404, "operation-not-found")
    other = request(run, True)
    other.description = "another"
    refused(lambda: api.sign_document_batch_base64(other), 409, "reference-reused")
    print("chancery client in Python: all calls are good")


main()
