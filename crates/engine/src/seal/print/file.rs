//! A PDF file from its beginning (ISO 32000-1, 7.5): objects by number, a table of where they are, a trailer.

use std::io::Write as _;

use crate::pki::digest::sha256;
use crate::seal::pades::ObjectSink;
use crate::seal::pdf::object::{Dictionary, Indirect, Object, Reference};

/// The objects of a new file.
pub(super) struct NewPdf {
    objects: Vec<Option<Indirect>>,
}

impl NewPdf {
    pub(super) const fn new() -> Self {
        Self { objects: Vec::new() }
    }

    /// A number for an object that is set later: what it refers to refers to it.
    pub(super) fn reserve(&mut self) -> Reference {
        self.objects.push(None);
        Reference { number: u32::try_from(self.objects.len()).unwrap_or(u32::MAX), generation: 0 }
    }

    /// Sets an object that was reserved.
    pub(super) fn set(&mut self, reference: Reference, object: impl Into<Object>) {
        let at = usize::try_from(reference.number).unwrap_or_default().saturating_sub(1);
        if let Some(place) = self.objects.get_mut(at) {
            *place = Some(Indirect::Object(object.into()));
        }
    }

    /// The file with this catalog.
    pub(super) fn finish(self, catalog: Reference) -> Vec<u8> {
        // the second line says that there are octets beyond ASCII (7.5.2)
        let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
        let mut starts = Vec::with_capacity(self.objects.len());
        for (object, number) in self.objects.iter().zip(1_usize..) {
            starts.push(out.len());
            // Writing into a Vec does not fail.
            let _ = writeln!(out, "{number} 0 obj");
            match object {
                Some(object) => object.write(&mut out),
                None => Object::Null.write(&mut out),
            }
            out.extend(b"\nendobj\n");
        }
        let id = Object::Hexadecimal(sha256(&out).iter().take(16).copied().collect());
        let table = out.len();
        let count = self.objects.len() + 1;
        let _ = write!(out, "xref\n0 {count}\n0000000000 65535 f \n");
        for start in starts {
            let _ = writeln!(out, "{start:010} 00000 n ");
        }
        out.extend(b"trailer\n");
        Dictionary::new()
            .with("Size", Object::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
            .with("Root", catalog)
            .with("ID", vec![id.clone(), id])
            .write(&mut out);
        let _ = write!(out, "\nstartxref\n{table}\n%%EOF\n");
        out
    }
}

impl ObjectSink for NewPdf {
    fn add(&mut self, object: Indirect) -> Reference {
        let reference = self.reserve();
        if let Some(place) = self.objects.last_mut() {
            *place = Some(object);
        }
        reference
    }
}
