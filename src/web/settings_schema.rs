//! The settings of a seal as a request may say them. A member that is absent or `null` is as the
//! profile says, so the published schema names no defaults: clients made from it would send them,
//! and undo the profile.

use std::collections::BTreeSet;

use utoipa::openapi::schema::{
    AdditionalProperties, ArrayItems, Object, OneOfBuilder, SchemaType, Type,
};
use utoipa::openapi::{OpenApi, RefOr, Schema};

/// The schemas of all settings.
const ROOTS: [&str; 3] = ["XadesProfile", "PadesProfile", "CadesProfile"];

const COMPONENTS: &str = "#/components/schemas/";

/// Takes defaults out of the schemas of settings, and lets members that need not be there be `null`.
pub(super) struct AsOverrides;

impl utoipa::Modify for AsOverrides {
    fn modify(&self, openapi: &mut OpenApi) {
        let schemas = &mut openapi.components.get_or_insert_default().schemas;
        let mut seen = BTreeSet::new();
        let mut ahead: Vec<String> = ROOTS.map(str::to_owned).to_vec();
        while let Some(name) = ahead.pop() {
            if let Some(schema) = schemas.get_mut(&name)
                && seen.insert(name)
            {
                rewrite(schema, &mut ahead);
            }
        }
    }
}

/// Rewrites a schema and all inside it; gives the names of those it refers to.
fn rewrite(schema: &mut RefOr<Schema>, ahead: &mut Vec<String>) {
    let schema = match schema {
        RefOr::Ref(reference) => {
            reference.default = None;
            ahead.extend(reference.ref_location.strip_prefix(COMPONENTS).map(str::to_owned));
            return;
        }
        RefOr::T(schema) => schema,
    };
    match schema {
        Schema::Object(object) => {
            object.default = None;
            for (name, member) in &mut object.properties {
                rewrite(member, ahead);
                if !object.required.contains(name) {
                    allow_null(member);
                }
            }
            if let Some(AdditionalProperties::RefOr(values)) =
                object.additional_properties.as_deref_mut()
            {
                rewrite(values, ahead);
            }
        }
        Schema::Array(array) => {
            array.default = None;
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                rewrite(items, ahead);
            }
        }
        Schema::OneOf(choice) => {
            choice.default = None;
            choice.items.iter_mut().for_each(|item| rewrite(item, ahead));
        }
        Schema::AllOf(all) => {
            all.default = None;
            all.items.iter_mut().for_each(|item| rewrite(item, ahead));
        }
        Schema::AnyOf(any) => {
            any.default = None;
            any.items.iter_mut().for_each(|item| rewrite(item, ahead));
        }
        _ => {}
    }
}

fn allow_null(member: &mut RefOr<Schema>) {
    match member {
        RefOr::Ref(reference) => {
            let about = Some(std::mem::take(&mut reference.description));
            let choice = OneOfBuilder::new()
                .item(reference.clone())
                .item(Object::with_type(Type::Null))
                .description(about.filter(|text| !text.is_empty()));
            *member = RefOr::T(choice.into());
        }
        RefOr::T(Schema::Object(object)) => {
            add_null(&mut object.schema_type);
            if let Some(values) = &mut object.enum_values
                && !values.contains(&serde_json::Value::Null)
            {
                values.push(serde_json::Value::Null);
            }
        }
        RefOr::T(Schema::Array(array)) => add_null(&mut array.schema_type),
        RefOr::T(Schema::OneOf(choice)) if !choice.items.iter().any(is_null) => {
            choice.items.push(Object::with_type(Type::Null).into());
        }
        RefOr::T(_) => {}
    }
}

fn add_null(schema_type: &mut SchemaType) {
    match schema_type {
        SchemaType::Type(one) => *schema_type = SchemaType::Array(vec![one.clone(), Type::Null]),
        SchemaType::Array(types) if !types.contains(&Type::Null) => types.push(Type::Null),
        SchemaType::Array(_) | SchemaType::AnyValue => {}
    }
}

fn is_null(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Null))
}
