//! `visibleSignatureInfo` as Sign'Stash has it, in the words of [`crate::domain::visible`].

use serde_json::{Map, Value, json};

use super::text::readable;
use super::wire::VisibleSignatureInfo;
use crate::domain::refusal::Refusal;
use crate::domain::visible::{Color, CoordinateOrigin, ImageSize};

const MEMBER: &str = "signatureInfo.visibleSignatureInfo";

fn invalid(member: &str, expected: &str) -> Refusal {
    Refusal::MemberInvalid { path: format!("{MEMBER}.{member}"), expected: expected.to_owned() }
}

impl VisibleSignatureInfo {
    /// The settings that this says, to be laid over those of a profile; `notes` gets what it says
    /// without effect.
    ///
    /// # Errors
    /// The member that cannot be read.
    pub(super) fn settings(self, notes: &mut Vec<String>) -> Result<Map<String, Value>, Refusal> {
        let mut settings = Map::new();
        let mut set = |name: &str, value: Value| settings.insert(name.to_owned(), value);
        set("place", self.place()?);
        if let Some(origin) = &self.coordinate_origin {
            let origin = CoordinateOrigin::parse(origin.trim())
                .ok_or_else(|| invalid("coordinateOrigin", "TOP_LEFT or BOTTOM_LEFT"))?;
            set("coordinateOrigin", Value::String(origin.as_str().to_owned()));
        }
        if let Some(template) = self.template(notes)? {
            set("template", Value::String(template));
        }
        if let Some(area) = &self.area {
            let expected = "width=155,height=50";
            let mut area = Pairs::read(area).ok_or_else(|| invalid("area", expected))?;
            let (width, height) = (area.number("width"), area.number("height"));
            let (Some(width), Some(height), true) = (width, height, area.is_done()) else {
                return Err(invalid("area", expected));
            };
            set("area", json!({ "width": width, "height": height }));
        }
        if let Some(color) = &self.area_background_color {
            let color = color.trim();
            if color.eq_ignore_ascii_case("transparent") {
                set("background", Value::String("DEFAULT".to_owned()));
            } else {
                set("background", read_color(color, "areaBackgroundColor")?);
            }
        }
        if let Some(font) = &self.font {
            set("font", read_font(font, notes)?);
        }
        let size = match &self.image_size {
            Some(size) => {
                let size = ImageSize::parse(size.trim());
                Some(size.ok_or_else(|| invalid("imageSize", "NATURAL or FIT"))?)
            }
            None => None,
        };
        match (&self.image_type, self.image_value) {
            (Some(kind), Some(content)) => {
                let kind = match kind.trim().to_ascii_uppercase().as_str() {
                    "IMAGE_PNG" => "PNG",
                    "IMAGE_JPG" | "IMAGE_JPEG" => "JPEG",
                    _ => return Err(invalid("imageType", "IMAGE_PNG or IMAGE_JPG")),
                };
                let mut image = json!({ "kind": kind, "content": content });
                if let (Some(size), Some(image)) = (size, image.as_object_mut()) {
                    image.insert("size".to_owned(), Value::String(size.as_str().to_owned()));
                }
                set("image", image);
            }
            (None, None) => {}
            (Some(_), None) => {
                return Err(Refusal::MemberMissing { path: format!("{MEMBER}.imageValue") });
            }
            (None, Some(_)) => {
                return Err(Refusal::MemberMissing { path: format!("{MEMBER}.imageType") });
            }
        }
        Ok(settings)
    }

    fn place(&self) -> Result<Value, Refusal> {
        let kind = self.location_type.as_deref().unwrap_or_default();
        let value = self.location_value.as_deref().unwrap_or_default().trim();
        if value.is_empty() {
            return Err(invalid("locationValue", "a field name, page=1,x=70,y=100, or a word"));
        }
        readable(value, "signatureInfo.visibleSignatureInfo.locationValue")?;
        match kind.trim().to_ascii_uppercase().as_str() {
            "SIGN_FIELD" => Ok(json!({ "FIELD": value })),
            "PLACEHOLDER" => Ok(json!({ "PLACEHOLDER": value })),
            "COORDINATE" => {
                let expected = "page=1,x=70,y=100";
                let mut pairs =
                    Pairs::read(value).ok_or_else(|| invalid("locationValue", expected))?;
                let page = pairs.take("page").and_then(|text| text.parse::<i32>().ok());
                let (x, y) = (pairs.number("x"), pairs.number("y"));
                match (page, x, y, pairs.is_done()) {
                    (Some(page), Some(x), Some(y), true) => {
                        Ok(json!({ "COORDINATE": { "page": page, "x": x, "y": y } }))
                    }
                    _ => Err(invalid("locationValue", expected)),
                }
            }
            _ => Err(invalid("locationType", "SIGN_FIELD, COORDINATE or PLACEHOLDER")),
        }
    }

    fn template(&self, notes: &mut Vec<String>) -> Result<Option<String>, Refusal> {
        let one_off = self.one_off_template.as_ref();
        if let Some(text) = one_off {
            readable(text, "signatureInfo.visibleSignatureInfo.oneOffTemplate")?;
        }
        let kind = self.template_type.as_deref().map(|kind| kind.trim().to_ascii_uppercase());
        match (kind.as_deref(), one_off) {
            (Some("ONE_OFF"), None) => {
                Err(Refusal::MemberMissing { path: format!("{MEMBER}.oneOffTemplate") })
            }
            (Some("ONE_OFF") | None, Some(text)) => Ok(Some(text.clone())),
            (None | Some("SERVICE_CUSTOMIZATION"), None) => Ok(None),
            (Some("SERVICE_CUSTOMIZATION"), Some(_)) => {
                notes.push(format!(
                    "{MEMBER}.oneOffTemplate was not used: templateType is SERVICE_CUSTOMIZATION"
                ));
                Ok(None)
            }
            _ => Err(invalid("templateType", "ONE_OFF or SERVICE_CUSTOMIZATION")),
        }
    }
}

fn read_color(text: &str, member: &str) -> Result<Value, Refusal> {
    let color = Color::parse(text).ok_or_else(|| invalid(member, "a colour as #RRGGBB"))?;
    Ok(Value::String(color.to_string()))
}

fn read_font(text: &str, notes: &mut Vec<String>) -> Result<Value, Refusal> {
    let expected = "size=10,color=#000000";
    let mut pairs = Pairs::read(text).ok_or_else(|| invalid("font", expected))?;
    let mut font = Map::new();
    if pairs.has("size") {
        let size = pairs.number("size").filter(|size| *size > 0.0);
        font.insert("size".to_owned(), json!(size.ok_or_else(|| invalid("font", expected))?));
    }
    if let Some(color) = pairs.take("color") {
        font.insert("color".to_owned(), read_color(&color, "font")?);
    }
    if pairs.take("name").is_some() {
        notes.push(format!("{MEMBER}.font: name was not used; there is one font"));
    }
    if pairs.is_done() { Ok(Value::Object(font)) } else { Err(invalid("font", expected)) }
}

/// `name=value,name=value`; names in any case, blanks around both.
struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn read(text: &str) -> Option<Self> {
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let pairs: Option<Vec<_>> = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=')?;
                Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
            })
            .collect();
        pairs.map(Self)
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(one, _)| one == name)
    }

    /// Takes the value of a name; a second one stays and is complained about.
    fn take(&mut self, name: &str) -> Option<String> {
        let position = self.0.iter().position(|(one, _)| one == name)?;
        Some(self.0.remove(position).1)
    }

    fn number(&mut self, name: &str) -> Option<f64> {
        let text = self.take(name)?;
        let digits = text.strip_suffix("px").or_else(|| text.strip_suffix("pt")).unwrap_or(&text);
        digits.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}
