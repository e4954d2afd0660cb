//! How records and reports about them are shown.

use serde_json::{Value, json};

use crate::domain::text::hex;
use crate::pki::calendar::Calendar;
use crate::pki::timestamp::TimestampToken;
use crate::seal::evidence::StoredEvidence;
use crate::verify::EvidenceReport;

/// What is in a record, as JSON.
pub(super) fn facts(record: &StoredEvidence, calendar: &Calendar) -> Value {
    let chains = record.chains().into_iter().map(|chain| {
        let stamps =
            chain.stamps.iter().map(|stamp| match TimestampToken::from_der(&stamp.token) {
                Ok(token) => {
                    let ending = calendar.timestamp(&token);
                    json!({
                        "time": token.info().gen_time.to_rfc3339(),
                        "authority": token.certificate().subject(),
                        "imprint": hex(token.info().imprint.value()),
                        "steps": stamp.lists.len(),
                        "renewBefore": ending.last_day(),
                        "because": format!("{} ends ({})", ending.what, ending.source),
                    })
                }
                Err(fault) => json!({ "fault": fault.to_string(), "steps": stamp.lists.len() }),
            });
        json!({ "digest": chain.algorithm.as_str(), "timestamps": stamps.collect::<Vec<Value>>() })
    });
    Value::Array(chains.collect())
}

/// Says what is in a record.
pub(super) fn say_facts(name: &str, chains: &Value) {
    let chains = chains.as_array().map(Vec::as_slice).unwrap_or_default();
    say!("{name}: {} chains", chains.len());
    for chain in chains {
        say!("  chain with {}", text_of(&chain["digest"]));
        for stamp in chain["timestamps"].as_array().into_iter().flatten() {
            if stamp["fault"].is_string() {
                say!("    timestamp that does not hold: {}", text_of(&stamp["fault"]));
                continue;
            }
            let [time, authority, before, because] =
                ["time", "authority", "renewBefore", "because"].map(|name| text_of(&stamp[name]));
            say!("    {time}, {authority}; renew before {before}: {because}");
        }
    }
}

/// What others wrote moves no cursor.
fn text_of(value: &Value) -> String {
    let shown = |letter: char| if letter.is_control() { '\u{FFFD}' } else { letter };
    value.as_str().unwrap_or_default().chars().map(shown).collect()
}

/// Says what became of a verification.
pub(super) fn say_report(name: &str, report: &EvidenceReport) {
    let sub = report.sub_indication.map(|sub| format!(" {}", sub.as_str())).unwrap_or_default();
    say!("{}{sub} {} (at {})", report.indication.as_str(), name, report.at);
    for finding in &report.findings {
        let text = text_of(&json!(finding.text));
        say!("  because     {}: {text}", finding.sub_indication.as_str());
    }
    if let Some(time) = &report.proven_time {
        say!("  proven      {time}");
    }
    for chain in &report.chains {
        say!("  chain       {}", chain.digest);
        for stamp in &chain.timestamps {
            let authority = text_of(&json!(stamp.authority));
            let holds = if stamp.holds { "holds" } else { "does not hold" };
            say!("    timestamp {}, {authority}: {holds} until {}", stamp.time, stamp.until);
        }
    }
}
