//! An invoice of ours with all that ZATCA's QR code tells.

/// A simplified tax invoice without scaffolding and without QR reference.
pub(super) fn invoice() -> String {
    let namespace = |name: &str| format!("urn:oasis:names:specification:ubl:schema:xsd:{name}-2");
    let (root, cac, cbc) = (
        namespace("Invoice"),
        namespace("CommonAggregateComponents"),
        namespace("CommonBasicComponents"),
    );
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<?check before?>
<Invoice xmlns="{root}" xmlns:cac="{cac}" xmlns:cbc="{cbc}">
  <cbc:ProfileID>reporting:1.0</cbc:ProfileID>
  <cbc:ID>SME1</cbc:ID>
  <cbc:IssueDate>2026-11-01</cbc:IssueDate>
  <cbc:IssueTime>17:41:08</cbc:IssueTime>
  <cbc:InvoiceTypeCode name="0200000">388</cbc:InvoiceTypeCode>
  <cbc:Note languageID="ar">لا &amp; نعم <![CDATA[ <a> ]]>&#13;</cbc:Note>
  <cbc:Note>
  &#13;</cbc:Note>
  <cbc:DocumentCurrencyCode>SAR</cbc:DocumentCurrencyCode>
  <cac:AdditionalDocumentReference><cbc:ID>ICV</cbc:ID><cbc:UUID>10</cbc:UUID></cac:AdditionalDocumentReference>
  <cac:AccountingSupplierParty><cac:Party>
    <cac:PartyTaxScheme><cbc:CompanyID>399999999900003</cbc:CompanyID></cac:PartyTaxScheme>
    <cac:PartyLegalEntity><cbc:RegistrationName>Seller</cbc:RegistrationName></cac:PartyLegalEntity>
  </cac:Party></cac:AccountingSupplierParty>
  <cac:TaxTotal><cbc:TaxAmount currencyID="SAR">30.15</cbc:TaxAmount></cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:TaxInclusiveAmount currencyID="SAR">231.15</cbc:TaxInclusiveAmount>
  </cac:LegalMonetaryTotal>
</Invoice>
<?check after?>
"#
    )
}

/// A document without the elements of a name.
pub(super) fn without(document: &str, name: &str) -> String {
    let (start, end) = (format!("<{name}"), format!("</{name}>"));
    let mut left = document.to_owned();
    while let Some(from) = left.find(&start) {
        let to = left[from..].find(&end).expect("an end tag") + from + end.len();
        left.replace_range(from..to, "");
    }
    left
}
