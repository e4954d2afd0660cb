//! Where something stands in a document: steps from element to element, by local name, among the namespaces of the
//! syntax. `A/B` is a B in an A, `A|B` either, `A[B/C=x,y]` an A with a C in a B that says x or y, `A[B!=x]` one
//! without such a B; `@name` at the end of what a condition looks at is an attribute.

use roxmltree::Node;

/// Whether a namespace is one of a syntax.
pub(super) type KnownNamespace = fn(Option<&str>) -> bool;

/// The elements at a place, in their order. Conditions that hold hand over what they looked at.
pub(super) fn places<'a, 'i>(
    from: Node<'a, 'i>,
    path: &str,
    known: KnownNamespace,
    seen: &mut impl FnMut(Node<'a, 'i>),
) -> Vec<Node<'a, 'i>> {
    let mut found = vec![from];
    for step in steps(path) {
        let (names, condition) = match step.split_once('[') {
            Some((names, condition)) => (names, Some(condition.trim_end_matches(']'))),
            None => (step, None),
        };
        let mut next = Vec::new();
        for child in found.iter().flat_map(Node::children).filter(Node::is_element) {
            let name = child.tag_name();
            let is_wanted =
                names.split('|').any(|one| one == name.name()) && known(name.namespace());
            if is_wanted && condition.is_none_or(|condition| holds(child, condition, known, seen)) {
                next.push(child);
            }
        }
        found = next;
    }
    found
}

/// The text of an element without white space before it, of at most about so many octets, and whether it goes on.
pub(super) fn text_of(node: Node<'_, '_>, limit: usize) -> (String, bool) {
    let mut whole = String::new();
    for text in node.children().filter(Node::is_text).filter_map(|child| child.text()) {
        let text = if whole.is_empty() { text.trim_start() } else { text };
        let end = text.floor_char_boundary(limit.saturating_sub(whole.len()));
        whole.push_str(text.get(..end).unwrap_or_default());
        if end < text.len() {
            return (whole, true);
        }
    }
    (whole, false)
}

fn holds<'a, 'i>(
    node: Node<'a, 'i>,
    condition: &str,
    known: KnownNamespace,
    seen: &mut impl FnMut(Node<'a, 'i>),
) -> bool {
    const LONGEST: usize = 64;
    let (path, values, wanted) = match (condition.split_once("!="), condition.split_once('=')) {
        (Some((path, values)), _) => (path, values, false),
        (None, Some((path, values))) => (path, values, true),
        (None, None) => (condition, "", true),
    };
    let (path, attribute) = path.split_once('@').unwrap_or((path, ""));
    let said = |text: &str| values.split(',').any(|value| value == text.trim());
    let mut is_said = false;
    for place in places(node, path.trim_end_matches('/'), known, seen) {
        let says = if attribute.is_empty() {
            said(&text_of(place, LONGEST).0)
        } else {
            place.attribute(attribute).is_some_and(said)
        };
        if says {
            is_said = true;
            if attribute.is_empty() {
                seen(place);
            }
        }
    }
    is_said == wanted
}

/// The steps of a path; a slash in a condition divides none.
fn steps(path: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    path.split(move |letter| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == '/' && depth == 0
    })
    .filter(|step| !step.is_empty())
}
