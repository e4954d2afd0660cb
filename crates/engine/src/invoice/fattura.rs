//! FatturaPA 1.2, ordinary and simplified (specifications of the Agenzia delle Entrate). Its elements have no
//! namespace, but for the root.

use super::table::{InvoiceForm as F, InvoicePart, InvoiceTables};
use crate::domain::invoice::{InvoiceCodes as C, InvoiceWord as W};
use InvoicePart::{Fact, Group, Silent, Within};

/// Begins the namespaces of the documents, and those of versions before 1.2.
pub(super) const NAMESPACES: [&str; 2] = [
    "http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/",
    "http://www.fatturapa.gov.it/sdi/fatturapa/",
];

fn known(namespace: Option<&str>) -> bool {
    namespace.is_none()
}

pub(super) static TABLES: InvoiceTables = InvoiceTables {
    known,
    common: &HEADER,
    invoices: "FatturaElettronicaBody",
    invoice: &BODY,
    lines: "DatiBeniServizi/DettaglioLinee",
    line: &LINE,
    currency: "DatiGenerali/DatiGeneraliDocumento/Divisa",
    kind: "DatiGenerali/DatiGeneraliDocumento/TipoDocumento",
};

pub(super) static SIMPLIFIED: InvoiceTables = InvoiceTables {
    known,
    common: &SIMPLIFIED_HEADER,
    invoices: "FatturaElettronicaBody",
    invoice: &SIMPLIFIED_BODY,
    lines: "DatiBeniServizi",
    line: &SIMPLIFIED_LINE,
    currency: "DatiGenerali/DatiGeneraliDocumento/Divisa",
    kind: "DatiGenerali/DatiGeneraliDocumento/TipoDocumento",
};

static HEADER: [InvoicePart; 1] = [Within(
    "FatturaElettronicaHeader",
    &[
        Group(W::Seller, "BG-4", "CedentePrestatore", &SELLER),
        Group(W::Buyer, "BG-7", "CessionarioCommittente", &BUYER),
        Group(W::TaxRepresentative, "BG-11", "RappresentanteFiscale", &REPRESENTATIVE),
        Group(W::Intermediary, "", "TerzoIntermediarioOSoggettoEmittente", &OTHER),
        Within("DatiTrasmissione", &TRANSMISSION),
    ],
)];

static SIMPLIFIED_HEADER: [InvoicePart; 1] = [Within(
    "FatturaElettronicaHeader",
    &[
        Group(W::Seller, "BG-4", "CedentePrestatore", &SIMPLIFIED_SELLER),
        Group(W::Buyer, "BG-7", "CessionarioCommittente", &SIMPLIFIED_BUYER),
        Within("DatiTrasmissione", &TRANSMISSION),
    ],
)];

static TRANSMISSION: [InvoicePart; 1] = [Group(
    W::Process,
    "BG-2",
    "",
    &[
        Fact(W::TransmissionNumber, "", F::Text, "ProgressivoInvio"),
        Fact(W::Specification, "BT-24", F::Text, "FormatoTrasmissione"),
        Fact(W::ElectronicAddress, "BT-49", F::Text, "CodiceDestinatario"),
        Fact(W::ElectronicAddress, "BT-49", F::Text, "PECDestinatario"),
    ],
)];

/// Numbers: VAT identifier, tax registration, name, then street, city, post code, subdivision and country.
const fn party(terms: [&'static str; 8]) -> [InvoicePart; 22] {
    let [vat, tax, name, street, city, code, subdivision, country] = terms;
    [
        Fact(W::Name, name, F::Text, "DatiAnagrafici/Anagrafica/Denominazione"),
        Fact(
            W::Name,
            name,
            F::Text,
            "DatiAnagrafici/Anagrafica/Titolo+DatiAnagrafici/Anagrafica/Nome+\
             DatiAnagrafici/Anagrafica/Cognome",
        ),
        Fact(
            W::VatIdentifier,
            vat,
            F::Text,
            "DatiAnagrafici/IdFiscaleIVA/IdPaese+DatiAnagrafici/IdFiscaleIVA/IdCodice",
        ),
        Fact(W::TaxRegistration, tax, F::Text, "DatiAnagrafici/CodiceFiscale"),
        Fact(W::TaxRegime, "", F::Text, "DatiAnagrafici/RegimeFiscale"),
        Fact(W::Identifier, "", F::Text, "DatiAnagrafici/Anagrafica/CodEORI"),
        Fact(W::Address, street, F::Text, "Sede/Indirizzo+Sede/NumeroCivico"),
        Fact(W::PostCode, code, F::Text, "Sede/CAP"),
        Fact(W::City, city, F::Text, "Sede/Comune"),
        Fact(W::Subdivision, subdivision, F::Text, "Sede/Provincia"),
        Fact(W::Country, country, F::Text, "Sede/Nazione"),
        Fact(W::LegalRegistration, "", F::Text, "IscrizioneREA/Ufficio+IscrizioneREA/NumeroREA"),
        Fact(W::Telephone, "", F::Text, "Contatti/Telefono"),
        Fact(W::Email, "", F::Text, "Contatti/Email"),
        Fact(W::BuyerReference, "", F::Text, "RiferimentoAmministrazione"),
        Fact(W::TaxRepresentative, "", F::Text, "RappresentanteFiscale/Denominazione"),
        Fact(
            W::Address,
            "",
            F::Text,
            "StabileOrganizzazione/Indirizzo+StabileOrganizzazione/NumeroCivico",
        ),
        Fact(W::PostCode, "", F::Text, "StabileOrganizzazione/CAP"),
        Fact(W::City, "", F::Text, "StabileOrganizzazione/Comune"),
        Fact(W::Subdivision, "", F::Text, "StabileOrganizzazione/Provincia"),
        Fact(W::Country, "", F::Text, "StabileOrganizzazione/Nazione"),
        Fact(
            W::VatIdentifier,
            "",
            F::Text,
            "RappresentanteFiscale/IdFiscaleIVA/IdPaese+RappresentanteFiscale/IdFiscaleIVA/IdCodice",
        ),
    ]
}

static SELLER: [InvoicePart; 22] =
    party(["BT-31", "BT-32", "BT-27", "BT-35", "BT-37", "BT-38", "BT-39", "BT-40"]);
static BUYER: [InvoicePart; 22] =
    party(["BT-48", "BT-46", "BT-44", "BT-50", "BT-52", "BT-53", "BT-54", "BT-55"]);
static REPRESENTATIVE: [InvoicePart; 22] = party(["BT-63", "", "BT-62", "", "", "", "", ""]);
static OTHER: [InvoicePart; 22] = party([""; 8]);

static SIMPLIFIED_SELLER: [InvoicePart; 12] = [
    Fact(W::Name, "BT-27", F::Text, "Denominazione"),
    Fact(W::Name, "BT-27", F::Text, "Nome+Cognome"),
    Fact(W::VatIdentifier, "BT-31", F::Text, "IdFiscaleIVA/IdPaese+IdFiscaleIVA/IdCodice"),
    Fact(W::TaxRegistration, "BT-32", F::Text, "CodiceFiscale"),
    Fact(W::TaxRegime, "", F::Text, "RegimeFiscale"),
    Fact(W::Address, "BT-35", F::Text, "Sede/Indirizzo+Sede/NumeroCivico"),
    Fact(W::PostCode, "BT-38", F::Text, "Sede/CAP"),
    Fact(W::City, "BT-37", F::Text, "Sede/Comune"),
    Fact(W::Subdivision, "BT-39", F::Text, "Sede/Provincia"),
    Fact(W::Country, "BT-40", F::Text, "Sede/Nazione"),
    Fact(W::LegalRegistration, "", F::Text, "IscrizioneREA/Ufficio+IscrizioneREA/NumeroREA"),
    Fact(W::TaxRepresentative, "", F::Text, "RappresentanteFiscale/Denominazione"),
];

static SIMPLIFIED_BUYER: [InvoicePart; 10] = [
    Fact(W::Name, "BT-44", F::Text, "AltriDatiIdentificativi/Denominazione"),
    Fact(W::Name, "BT-44", F::Text, "AltriDatiIdentificativi/Nome+AltriDatiIdentificativi/Cognome"),
    Fact(
        W::VatIdentifier,
        "BT-48",
        F::Text,
        "IdentificativiFiscali/IdFiscaleIVA/IdPaese+IdentificativiFiscali/IdFiscaleIVA/IdCodice",
    ),
    Fact(W::TaxRegistration, "BT-46", F::Text, "IdentificativiFiscali/CodiceFiscale"),
    Fact(
        W::Address,
        "BT-50",
        F::Text,
        "AltriDatiIdentificativi/Sede/Indirizzo+AltriDatiIdentificativi/Sede/NumeroCivico",
    ),
    Fact(W::PostCode, "BT-53", F::Text, "AltriDatiIdentificativi/Sede/CAP"),
    Fact(W::City, "BT-52", F::Text, "AltriDatiIdentificativi/Sede/Comune"),
    Fact(W::Subdivision, "BT-54", F::Text, "AltriDatiIdentificativi/Sede/Provincia"),
    Fact(W::Country, "BT-55", F::Text, "AltriDatiIdentificativi/Sede/Nazione"),
    Fact(
        W::TaxRepresentative,
        "",
        F::Text,
        "AltriDatiIdentificativi/RappresentanteFiscale/Denominazione",
    ),
];

static DOCUMENT: [InvoicePart; 10] = [
    Fact(W::InvoiceNumber, "BT-1", F::Text, "Numero"),
    Fact(W::IssueDate, "BT-2", F::Date, "Data"),
    Fact(W::TypeCode, "BT-3", F::Code(C::Types), "TipoDocumento"),
    Fact(W::Currency, "BT-5", F::Text, "Divisa"),
    Group(W::Notes, "BG-1", "Causale", &[Fact(W::Note, "BT-22", F::Text, "")]),
    Group(
        W::Withholding,
        "",
        "DatiRitenuta",
        &[
            Fact(W::TypeCode, "", F::Text, "TipoRitenuta"),
            Fact(W::Amount, "", F::Amount, "ImportoRitenuta"),
            Fact(W::Percentage, "", F::Percentage, "AliquotaRitenuta"),
            Fact(W::ReasonCode, "", F::Text, "CausalePagamento"),
        ],
    ),
    Group(
        W::StampDuty,
        "",
        "DatiBollo",
        &[
            Fact(W::StampDuty, "", F::Text, "BolloVirtuale"),
            Fact(W::Amount, "", F::Amount, "ImportoBollo"),
        ],
    ),
    Group(
        W::SocialFund,
        "",
        "DatiCassaPrevidenziale",
        &[
            Fact(W::TypeCode, "", F::Text, "TipoCassa"),
            Fact(W::Percentage, "", F::Percentage, "AlCassa"),
            Fact(W::Amount, "", F::Amount, "ImportoContributoCassa"),
            Fact(W::BaseAmount, "", F::Amount, "ImponibileCassa"),
            Fact(W::VatRate, "", F::Percentage, "AliquotaIVA"),
            Fact(W::VatCategory, "", F::Code(C::VatCategories), "Natura"),
            Fact(W::Withholding, "", F::Text, "Ritenuta"),
        ],
    ),
    Group(W::Allowance, "BG-20", "ScontoMaggiorazione[Tipo=SC]", &ALLOWANCE),
    Group(W::Charge, "BG-21", "ScontoMaggiorazione[Tipo!=SC]", &ALLOWANCE),
];

static ALLOWANCE: [InvoicePart; 3] = [
    Fact(W::Percentage, "", F::Percentage, "Percentuale"),
    Fact(W::Amount, "", F::Amount, "Importo"),
    Silent("Tipo"),
];

/// A reference to a document of the other side.
const fn reference(number: &'static str) -> [InvoicePart; 7] {
    [
        Fact(W::DocumentReference, number, F::Text, "IdDocumento"),
        Fact(W::Date, "", F::Date, "Data"),
        Fact(W::LineNumber, "", F::Text, "RiferimentoNumeroLinea"),
        Fact(W::OrderLine, "", F::Text, "NumItem"),
        Fact(W::AccountingReference, "", F::Text, "CodiceCommessaConvenzione"),
        // the codes of public projects and tenders
        Fact(W::ProjectReference, "BT-11", F::Text, "CodiceCUP"),
        Fact(W::TenderReference, "BT-17", F::Text, "CodiceCIG"),
    ]
}

static ORDER: [InvoicePart; 7] = reference("BT-13");
static CONTRACT: [InvoicePart; 7] = reference("BT-12");
static RECEIPT: [InvoicePart; 7] = reference("BT-15");
static PRECEDING: [InvoicePart; 7] = reference("BT-25");

static BODY: [InvoicePart; 6] = [
    Within("DatiGenerali/DatiGeneraliDocumento", &DOCUMENT),
    Within(
        "DatiGenerali",
        &[
            Group(W::OrderReference, "BT-13", "DatiOrdineAcquisto", &ORDER),
            Group(W::ContractReference, "BT-12", "DatiContratto|DatiConvenzione", &CONTRACT),
            Group(W::ReceivingAdvice, "BT-15", "DatiRicezione", &RECEIPT),
            Group(W::PrecedingInvoice, "BG-3", "DatiFattureCollegate", &PRECEDING),
            Group(
                W::DespatchAdvice,
                "BT-16",
                "DatiDDT",
                &[
                    Fact(W::DocumentReference, "BT-16", F::Text, "NumeroDDT"),
                    Fact(W::Date, "", F::Date, "DataDDT"),
                    Fact(W::LineNumber, "", F::Text, "RiferimentoNumeroLinea"),
                ],
            ),
            Group(
                W::Delivery,
                "BG-13",
                "DatiTrasporto",
                &[
                    Fact(W::Name, "", F::Text, "DatiAnagraficiVettore/Anagrafica/Denominazione"),
                    Fact(
                        W::VatIdentifier,
                        "",
                        F::Text,
                        "DatiAnagraficiVettore/IdFiscaleIVA/IdPaese+\
                 DatiAnagraficiVettore/IdFiscaleIVA/IdCodice",
                    ),
                    Fact(W::DeliveryDate, "BT-72", F::Date, "DataOraConsegna"),
                    Fact(
                        W::Address,
                        "BT-75",
                        F::Text,
                        "IndirizzoResa/Indirizzo+IndirizzoResa/NumeroCivico",
                    ),
                    Fact(W::PostCode, "BT-78", F::Text, "IndirizzoResa/CAP"),
                    Fact(W::City, "BT-77", F::Text, "IndirizzoResa/Comune"),
                    Fact(W::Country, "BT-80", F::Text, "IndirizzoResa/Nazione"),
                ],
            ),
        ],
    ),
    Within(
        "DatiPagamento",
        &[
            Group(
                W::Payment,
                "BG-16",
                "CondizioniPagamento",
                &[Fact(W::PaymentTerms, "BT-20", F::Text, "")],
            ),
            Group(W::Payment, "BG-16", "DettaglioPagamento", &PAYMENT),
        ],
    ),
    Group(
        W::Totals,
        "BG-22",
        "DatiGenerali/DatiGeneraliDocumento",
        &[
            Fact(W::TotalWithVat, "BT-112", F::Amount, "ImportoTotaleDocumento"),
            Fact(W::RoundingAmount, "BT-114", F::Amount, "Arrotondamento"),
        ],
    ),
    Group(
        W::VatBreakdown,
        "BG-23",
        "DatiBeniServizi/DatiRiepilogo",
        &[
            Fact(W::VatCategory, "BT-118", F::Code(C::VatCategories), "Natura"),
            Fact(W::VatRate, "BT-119", F::Percentage, "AliquotaIVA"),
            Fact(W::TaxableAmount, "BT-116", F::Amount, "ImponibileImporto"),
            Fact(W::TaxAmount, "BT-117", F::Amount, "Imposta"),
            Fact(W::ExemptionReason, "BT-120", F::Text, "RiferimentoNormativo"),
            Fact(W::TaxPointCode, "BT-8", F::Text, "EsigibilitaIVA"),
            Fact(W::ChargesTotal, "", F::Amount, "SpeseAccessorie"),
            Fact(W::RoundingAmount, "", F::Amount, "Arrotondamento"),
        ],
    ),
    Group(W::SupportingDocument, "BG-24", "Allegati", &ATTACHED),
];

static PAYMENT: [InvoicePart; 10] = [
    Fact(W::PaymentMeans, "BT-81", F::Code(C::PaymentMeans), "ModalitaPagamento"),
    Fact(W::PaymentAmount, "", F::Amount, "ImportoPagamento"),
    Fact(W::DueDate, "BT-9", F::Date, "DataScadenzaPagamento"),
    Fact(W::PaymentDate, "", F::Date, "DataRiferimentoTerminiPagamento"),
    Fact(W::PaymentTerms, "", F::Text, "GiorniTerminiPagamento"),
    Fact(W::AccountName, "BT-85", F::Text, "Beneficiario"),
    Fact(W::Account, "BT-84", F::Text, "IBAN"),
    Fact(W::Bank, "BT-86", F::Text, "IstitutoFinanziario"),
    Fact(W::Bank, "BT-86", F::Text, "BIC"),
    Fact(W::Remittance, "BT-83", F::Text, "CodicePagamento"),
];

static ATTACHED: [InvoicePart; 5] = [
    Fact(W::AttachedFile, "BT-125", F::Text, "NomeAttachment"),
    Fact(W::Description, "BT-123", F::Text, "DescrizioneAttachment"),
    Fact(W::Specification, "", F::Text, "FormatoAttachment"),
    Fact(W::Specification, "", F::Text, "AlgoritmoCompressione"),
    Silent("Attachment"),
];

static LINE: [InvoicePart; 19] = [
    Fact(W::LineNumber, "BT-126", F::Text, "NumeroLinea"),
    Fact(W::ItemName, "BT-153", F::Text, "Descrizione"),
    Fact(W::Quantity, "BT-129", F::QuantityIn("UnitaMisura"), "Quantita"),
    Fact(W::NetPrice, "BT-146", F::Amount, "PrezzoUnitario"),
    Fact(W::VatCategory, "BT-151", F::Code(C::VatCategories), "Natura"),
    Fact(W::VatRate, "BT-152", F::Percentage, "AliquotaIVA"),
    Fact(W::LineAmount, "BT-131", F::Amount, "PrezzoTotale"),
    Fact(W::TypeCode, "", F::Text, "TipoCessionePrestazione"),
    Group(
        W::StandardItem,
        "BT-157",
        "CodiceArticolo",
        &[
            Fact(W::TypeCode, "", F::Text, "CodiceTipo"),
            Fact(W::Identifier, "BT-157", F::Text, "CodiceValore"),
        ],
    ),
    Fact(W::PeriodStart, "BT-134", F::Date, "DataInizioPeriodo"),
    Fact(W::PeriodEnd, "BT-135", F::Date, "DataFinePeriodo"),
    Fact(W::Withholding, "", F::Text, "Ritenuta"),
    Fact(W::AccountingReference, "BT-133", F::Text, "RiferimentoAmministrazione"),
    Group(W::Allowance, "BG-27", "ScontoMaggiorazione[Tipo=SC]", &ALLOWANCE),
    Group(W::Charge, "BG-28", "ScontoMaggiorazione[Tipo!=SC]", &ALLOWANCE),
    Group(
        W::ItemAttribute,
        "BG-32",
        "AltriDatiGestionali",
        &[
            Fact(W::AttributeName, "BT-160", F::Text, "TipoDato"),
            Fact(W::AttributeValue, "BT-161", F::Text, "RiferimentoTesto"),
            Fact(W::AttributeValue, "BT-161", F::Number, "RiferimentoNumero"),
            Fact(W::AttributeValue, "BT-161", F::Date, "RiferimentoData"),
        ],
    ),
    Silent("UnitaMisura"),
    Silent("ScontoMaggiorazione/Tipo"),
    Silent("CodiceArticolo/CodiceTipo"),
];

static SIMPLIFIED_BODY: [InvoicePart; 3] = [
    Within(
        "DatiGenerali/DatiGeneraliDocumento",
        &[
            Fact(W::InvoiceNumber, "BT-1", F::Text, "Numero"),
            Fact(W::IssueDate, "BT-2", F::Date, "Data"),
            Fact(W::TypeCode, "BT-3", F::Code(C::Types), "TipoDocumento"),
            Fact(W::Currency, "BT-5", F::Text, "Divisa"),
            Fact(W::StampDuty, "", F::Text, "BolloVirtuale"),
        ],
    ),
    Group(
        W::PrecedingInvoice,
        "BG-3",
        "DatiGenerali/DatiFatturaRettificata",
        &[
            Fact(W::InvoiceNumber, "BT-25", F::Text, "NumeroFR"),
            Fact(W::IssueDate, "BT-26", F::Date, "DataFR"),
            Fact(W::Description, "", F::Text, "ElementiRettificati"),
        ],
    ),
    Group(W::SupportingDocument, "BG-24", "Allegati", &ATTACHED),
];

/// Its amounts have VAT in them.
static SIMPLIFIED_LINE: [InvoicePart; 6] = [
    Fact(W::ItemName, "BT-153", F::Text, "Descrizione"),
    Fact(W::TotalWithVat, "", F::Amount, "Importo"),
    Fact(W::VatCategory, "BT-151", F::Code(C::VatCategories), "Natura"),
    Fact(W::VatRate, "BT-152", F::Percentage, "DatiIVA/Aliquota"),
    Fact(W::TaxAmount, "", F::Amount, "DatiIVA/Imposta"),
    Fact(W::ExemptionReason, "BT-120", F::Text, "RiferimentoNormativo"),
];
