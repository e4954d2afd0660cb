//! Rules of tax authorities in Latin America.

use std::collections::HashMap;

use roxmltree::{Node, NodeId};

use super::look::{Look, Mistake, shown};
use super::ubl::{extension_contents, require_empty};

/// DIAN: the first extension is the authority's, the second waits for the seal.
pub(super) fn dian(look: &Look<'_, '_>) -> Result<(), Mistake> {
    let contents = extension_contents(look)?;
    let [first, second, ..] = contents.as_slice() else {
        let detail = format!(
            "there are {} ext:UBLExtension; write two: sts:DianExtensions in the first, an empty \
             ext:ExtensionContent in the second",
            contents.len()
        );
        return Err(Mistake::at(look.root(), detail));
    };
    let is_theirs = |child: &Node<'_, '_>| {
        child.tag_name().name() == "DianExtensions"
            && child.tag_name().namespace().is_some_and(|name| name.starts_with("dian:gov:co:"))
    };
    if !first.children().any(|child| is_theirs(&child)) {
        return Err(Mistake::at(*first, "the first extension must hold sts:DianExtensions"));
    }
    require_empty(*second, "the second extension is the place of the seal")
}

/// DGII: the authority digests the document without them.
pub(super) fn dgii(look: &Look<'_, '_>) -> Result<(), Mistake> {
    // Whether an element holds elements is asked once for each, however many texts are in it.
    let mut holds_elements: HashMap<NodeId, bool> = HashMap::new();
    for node in look.nodes() {
        if node.is_comment() {
            return Err(Mistake::at(node, "comments are not allowed; remove it"));
        }
        let blank = |text: &str| text.bytes().all(|byte| byte.is_ascii_whitespace());
        if !node.is_text() || !node.text().is_some_and(blank) {
            continue;
        }
        let beside_elements = node.parent().is_some_and(|parent| {
            let holds = holds_elements.entry(parent.id());
            *holds.or_insert_with(|| parent.first_element_child().is_some())
        });
        if beside_elements {
            let detail = "white space between elements is not allowed; write the document without \
                          indentation";
            return Err(Mistake::at(node, detail));
        }
    }
    Ok(())
}

/// SRI: the reference of the seal is to this Id.
pub(super) fn sri(look: &Look<'_, '_>) -> Result<(), Mistake> {
    match look.root().attribute("id") {
        Some("comprobante") => Ok(()),
        Some(other) => {
            let detail = format!("id is \"{}\"; it must be \"comprobante\"", shown(other));
            Err(Mistake::at(look.root(), detail))
        }
        None => Err(Mistake::at(look.root(), "id=\"comprobante\" is missing")),
    }
}
