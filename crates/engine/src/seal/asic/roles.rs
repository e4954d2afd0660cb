//! What a file of a container is, by its name, and what the files of a new signature are called.

/// What a file of a container is (EN 319 162-1, 4.3.3, 4.4.3, 4.4.4, A.7). Whatever is none of these is a document,
/// wherever it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerRole {
    MediaType,
    Xades,
    Cades,
    Timestamp,
    Manifest,
    /// OpenDocument's list of files, which no signature needs and nothing here believes.
    Listing,
    EvidenceRecord,
    Document,
}

impl ContainerRole {
    /// The role of a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let Some(inside) = name.strip_prefix("META-INF/") else {
            return if name == "mimetype" { Self::MediaType } else { Self::Document };
        };
        let lower = inside.to_ascii_lowercase();
        let extension = lower.rsplit_once('.').map_or("", |(_, extension)| extension);
        let of_etsi = ["asicmanifest", "asicarchivemanifest", "asicevidencerecordmanifest"];
        let is_manifest = of_etsi.into_iter().any(|start| lower.starts_with(start));
        match extension {
            _ if lower.contains('/') => Self::Document,
            "xml" if is_manifest => Self::Manifest,
            "xml" if lower == "manifest.xml" => Self::Listing,
            "xml" if lower.contains("signature") => Self::Xades,
            "p7s" if lower.contains("signature") => Self::Cades,
            "tst" if lower.contains("timestamp") => Self::Timestamp,
            "ers" | "xml" if lower.contains("evidencerecord") => Self::EvidenceRecord,
            _ => Self::Document,
        }
    }
}

/// Names of the files that a signature brings into a container.
pub(super) struct SealNames {
    /// What lists the other files: of CAdES ETSI's manifest, of XAdES that of OpenDocument.
    pub(super) manifest: String,
    pub(super) signature: String,
}

impl SealNames {
    /// Those of a signature of this kind (EN 319 162-1, 4.4.3.2, 4.4.4.2), by its number from 1.
    pub(super) fn of(kind: ContainerRole, number: usize) -> Self {
        match kind {
            ContainerRole::Cades => Self {
                manifest: format!("META-INF/ASiCManifest{number:03}.xml"),
                signature: format!("META-INF/signature{number:03}.p7s"),
            },
            _ => Self {
                manifest: "META-INF/manifest.xml".to_owned(),
                signature: format!("META-INF/signatures{number:03}.xml"),
            },
        }
    }
}
