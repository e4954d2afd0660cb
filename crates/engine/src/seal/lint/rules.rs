//! The rules by name, each with its source. A profile names those that its documents must keep
//! (`rules` in `profiles/*.toml`); a name that is not here is refused when the profiles are read.

use super::look::{Look, Mistake};
use super::{ebill, latin_america, ubl};

/// One rule.
pub struct Rule {
    /// Its name in profiles and refusals.
    pub name: &'static str,
    /// What it asks for, in a few words.
    pub about: &'static str,
    /// Who asks for it.
    pub source: &'static str,
    pub(super) stage: Stage,
    pub(super) check: for<'l, 'a, 'i> fn(&'l Look<'a, 'i>) -> Result<(), Mistake>,
}

/// Which document a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// As it came.
    Before,
    /// As it will be when it is sealed.
    After,
}

/// The rule of that name.
#[must_use]
pub fn rule(name: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.name == name)
}

/// All rules.
pub const ALL: &[Rule] = &[
    Rule {
        name: ubl::SCAFFOLDING,
        about: "the elements around a UBL signature are where and what UBL says",
        source: "OASIS UBL 2.1, 5.4; its modules for extensions and signatures",
        stage: Stage::Before,
        check: ubl::scaffolding,
    },
    Rule {
        name: "ubl-cac-signature-uri",
        about: "cac:Signature refers to the seal by its Id",
        source: "UBL-TR (GIB); SUNAT, guide for UBL 2.1; OASIS UBL 2.1, 5.4",
        stage: Stage::After,
        check: ubl::cac_signature_uri,
    },
    Rule {
        name: "no-empty-elements",
        about: "no element is empty when the document is sealed",
        source: "Peppol BIS Billing 3, PEPPOL-EN16931-R008",
        stage: Stage::After,
        check: ubl::no_empty_elements,
    },
    Rule {
        name: "ubl-tr",
        about: "an empty first ext:ExtensionContent, at most one cac:Signature, its VKN or TCKN",
        source: "GIB UBL-TR schematron: SignatureCountCheck-1, SignatureCheck-1 and -2",
        stage: Stage::Before,
        check: ubl::turkey,
    },
    Rule {
        name: "dian",
        about: "sts:DianExtensions in the first extension, the empty place in the second",
        source: "DIAN, technical annex of the electronic invoice 1.9, its samples",
        stage: Stage::Before,
        check: latin_america::dian,
    },
    Rule {
        name: "zatca",
        about: "cac:Signature and the references ICV and PIH with the values that ZATCA fixes",
        source: "ZATCA XML implementation standard: BR-KSA-28 to 30, 33, 60, 61",
        stage: Stage::Before,
        check: ubl::zatca,
    },
    Rule {
        name: "facturae",
        about: "Facturae 3.2.x without a signature",
        source: "Facturae 3.2.x, its schema and signature policy 3.1",
        stage: Stage::Before,
        check: ebill::facturae,
    },
    Rule {
        name: "fatturapa",
        about: "no byte order mark, schemaLocation in pairs, no signature yet",
        source: "SDI, errors 00200 and 00102",
        stage: Stage::Before,
        check: ebill::fatturapa,
    },
    Rule {
        name: "dgii",
        about: "no comments and no white space between elements",
        source: "DGII, technical description of e-CF, signing",
        stage: Stage::Before,
        check: latin_america::dgii,
    },
    Rule {
        name: "sri",
        about: "the root has id=\"comprobante\", which the seal refers to",
        source: "SRI, technical file of electronic vouchers, annex on XAdES-BES",
        stage: Stage::Before,
        check: latin_america::sri,
    },
];
