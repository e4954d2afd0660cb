//! The XML engine before foreign judges: xmlsec1, libxml2, bergshamra.

mod c14n;
mod hostile;
mod independent;
mod location;
mod nasty;
mod node_sets;
mod properties;
mod refusals;
mod samples;
mod speed;
mod support;
mod transforms;
mod xpath;
