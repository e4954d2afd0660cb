//! The XML engine before foreign judges: xmlsec1, libxml2, bergshamra.

mod algorithms;
mod c14n;
mod encodings;
mod hostile;
mod independent;
mod location;
mod nasty;
mod offsets;
mod node_sets;
mod properties;
mod refusals;
mod samples;
mod speed;
mod support;
mod transforms;
mod xpath;
