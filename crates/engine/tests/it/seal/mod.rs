//! The XML engine before foreign judges: xmlsec1, libxml2, bergshamra.

mod algorithms;
pub(crate) mod bodies;
mod c14n;
mod departures;
mod encodings;
mod fuzz;
mod hostile;
mod independent;
pub(crate) mod large;
mod limits;
mod location;
mod nasty;
mod national;
mod node_sets;
mod offsets;
mod packaging;
mod properties;
mod recheck;
mod refusals;
mod samples;
mod settings;
mod speed;
mod standing;
pub(crate) mod support;
mod tamper;
mod transforms;
mod xpath;
