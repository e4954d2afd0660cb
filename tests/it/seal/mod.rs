//! The XML engine before foreign judges: xmlsec1, libxml2, bergshamra.

mod algorithms;
mod c14n;
mod encodings;
mod hostile;
mod independent;
mod lint;
mod location;
mod nasty;
mod national;
mod node_sets;
mod offsets;
mod packaging;
mod properties;
mod refusals;
mod samples;
mod settings;
mod speed;
mod support;
mod transforms;
mod xpath;
