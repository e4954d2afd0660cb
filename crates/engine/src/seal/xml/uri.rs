//! As much of RFC 3986 as canonicalization needs: is a namespace name absolute, and the joining of
//! `xml:base` values (Canonical XML 1.1, 2.4).

/// Whether a namespace name is an absolute URI: it has a scheme
/// (RFC 3986, 3.1) and no character that no URI has. libxml2 refuses to canonicalize documents with
/// any other namespace name.
#[must_use]
pub fn is_absolute(name: &str) -> bool {
    split_scheme(name).0.is_some() && name.bytes().all(is_uri_byte)
}

/// RFC 3986, 2.
const fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || (byte.is_ascii_punctuation() && !is_excluded(byte))
}

const fn is_excluded(byte: u8) -> bool {
    matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// `join-URI-References` of Canonical XML 1.1, 2.4: RFC 3986, 5.2, where a base may itself be
/// relative, and where a trailing `..` or `.` of the base is a directory.
#[must_use]
pub fn join(base: &str, reference: &str) -> String {
    let base = if base.ends_with("/.") || base.ends_with("/..") || base == ".." || base == "." {
        format!("{base}/")
    } else {
        base.to_owned()
    };
    let (scheme, rest) = split_scheme(reference);
    if scheme.is_some() {
        return reference.to_owned();
    }
    let (base_scheme, base_rest) = split_scheme(&base);
    let scheme = base_scheme.map(|scheme| format!("{scheme}:")).unwrap_or_default();
    if rest.starts_with("//") {
        return format!("{scheme}{rest}");
    }
    let (base_authority, base_path) = split_authority(base_rest);
    let base_path = base_path.split('#').next().unwrap_or_default();
    let (base_path, base_query) = split_at(base_path, '?');
    let without_fragment = rest.split('#').next().unwrap_or_default();
    let (path, query) = split_at(without_fragment, '?');
    if path.is_empty() {
        let query = if query.is_empty() { base_query } else { query };
        return format!("{scheme}{base_authority}{}{query}", remove_dot_segments(base_path));
    }
    let merged = if path.starts_with('/') {
        path.to_owned()
    } else if !base_authority.is_empty() && base_path.is_empty() {
        format!("/{path}")
    } else {
        let directory = base_path.rfind('/').and_then(|end| base_path.get(..=end));
        format!("{}{path}", directory.unwrap_or_default())
    };
    format!("{scheme}{base_authority}{}{query}", remove_dot_segments(&merged))
}

fn split_scheme(uri: &str) -> (Option<&str>, &str) {
    let Some((scheme, rest)) = uri.split_once(':') else { return (None, uri) };
    let mut bytes = scheme.bytes();
    let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if starts && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) {
        (Some(scheme), rest)
    } else {
        (None, uri)
    }
}

fn split_authority(rest: &str) -> (&str, &str) {
    let Some(after) = rest.strip_prefix("//") else { return ("", rest) };
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    rest.split_at(end + 2)
}

/// The second part keeps its delimiter.
fn split_at(text: &str, delimiter: char) -> (&str, &str) {
    text.split_at(text.find(delimiter).unwrap_or(text.len()))
}

/// RFC 3986, 5.2.4, except that leading `..` of a relative path stay and slashes are not doubled.
fn remove_dot_segments(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    let mut directory = false;
    for segment in path.split('/') {
        directory = matches!(segment, "" | "." | "..");
        match segment {
            "" | "." => {}
            ".." => match kept.last() {
                Some(last) if *last != ".." => {
                    kept.pop();
                }
                _ if absolute => {}
                _ => kept.push(".."),
            },
            name => kept.push(name),
        }
    }
    let mut result = String::from(if absolute { "/" } else { "" });
    result.push_str(&kept.join("/"));
    if directory && !kept.is_empty() {
        result.push('/');
    }
    result
}
