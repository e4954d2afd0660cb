//! The demo's integrator: what an ERP does, over HTTP, including giving up too early.

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::super::Failure;
use crate::domain::text::hex;
use crate::pki::digest::sha256;

/// How long the demo looks for an operation.
const PATIENCE: Duration = Duration::from_mins(1);

/// A sample document.
pub(super) struct SampleDocument {
    pub(super) name: String,
    /// `xml` or `pdf`.
    extension: &'static str,
    /// Of what it is sealed to.
    sealed_extension: &'static str,
    content: Vec<u8>,
    /// How it is to be sealed.
    signature: Value,
}

/// A sealed document.
pub(super) struct SealedSample {
    pub(super) name: String,
    pub(super) extension: &'static str,
    /// Whether it was to have a timestamp.
    pub(super) is_stamped: bool,
    pub(super) result: Result<Vec<u8>, String>,
}

/// What became of a batch.
pub(super) struct Batch {
    pub(super) key: &'static str,
    pub(super) operation: i64,
    pub(super) documents: Vec<SealedSample>,
    replayed_before: bool,
    execution_ms: i64,
}

impl Batch {
    /// What happened, in a sentence.
    pub(super) fn story(&self) -> String {
        let sealed = self.documents.iter().filter(|document| document.result.is_ok()).count();
        let before = if self.replayed_before {
            "this batch was sealed by an earlier run, so the service gave the same bytes again"
        } else {
            "the client gave up before the answer came and found the operation by reference"
        };
        format!(
            "{sealed} of {} sealed in {} ms as operation {}; {before}; \
             sending all of it once more gave the very same bytes.",
            self.documents.len(),
            self.execution_ms,
            self.operation
        )
    }
}

/// The sample documents, sorted by name.
pub(super) fn samples(folder: &Path) -> Result<Vec<SampleDocument>, Failure> {
    let mut samples = Vec::new();
    let entries = std::fs::read_dir(folder)
        .map_err(|error| format!("{} cannot be read: {error}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        for extension in ["xml", "pdf"] {
            let file = path.join(format!("input.{extension}"));
            if let (Some(name), true) = (path.file_name(), file.exists()) {
                samples.push(SampleDocument {
                    name: name.to_string_lossy().into_owned(),
                    extension,
                    sealed_extension: extension,
                    content: std::fs::read(&file)?,
                    signature: usual_signature(extension),
                });
            }
        }
    }
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    if samples.is_empty() {
        return Err(format!("{} holds no */input.xml and no */input.pdf", folder.display()).into());
    }
    Ok(samples)
}

/// One document for each format that there is a sample for, at level LTA.
pub(super) fn lasting(samples: &[SampleDocument]) -> Vec<SampleDocument> {
    let wishes = [
        ("xades-lta", "xml", "xml", json!({ "signatureType": "XAdES", "signatureLevel": "LTA" })),
        ("pades-lta", "pdf", "pdf", json!({ "signatureType": "PAdES", "signatureLevel": "LTA" })),
        ("cades-lta", "xml", "p7m", json!({ "signatureType": "CAdES", "signatureLevel": "LTA" })),
        (
            "asic-e-lta",
            "xml",
            "asice",
            json!({ "signatureType": "XAdES", "profile": "asic-e", "signatureLevel": "LTA" }),
        ),
    ];
    let lasting =
        wishes.into_iter().filter_map(|(name, extension, sealed_extension, signature)| {
            let sample = samples.iter().find(|sample| sample.extension == extension)?;
            let content = sample.content.clone();
            Some(SampleDocument {
                name: name.to_owned(),
                extension,
                sealed_extension,
                content,
                signature,
            })
        });
    lasting.collect()
}

fn usual_signature(extension: &str) -> Value {
    match extension {
        "pdf" => json!({
            "signatureType": "PAdES",
            "reason": "Invoice",
            "visibleSignatureInfo": {
                "locationType": "COORDINATE",
                "locationValue": "page=-1,x=70,y=60",
                "areaBackgroundColor": "#EEF3F8",
            },
        }),
        _ => json!({ "signatureType": "XAdES" }),
    }
}

/// A logged-in client.
pub(super) struct DemoClient {
    base: String,
    http: reqwest::Client,
    token: String,
}

impl DemoClient {
    /// Gets an access token.
    pub(super) async fn log_in(
        base: &str,
        alias: &str,
        secret: &SecretString,
    ) -> Result<Self, Failure> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let response = http
            .post(format!("{base}/oauth2/token"))
            .basic_auth(alias, Some(secret.expose_secret()))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials")
            .send()
            .await?;
        let answer: Value = json_of(response).await?;
        let token = answer["access_token"].as_str().ok_or("no access token")?.to_owned();
        Ok(Self { base: base.to_owned(), http, token })
    }

    /// Seals a batch as a client does whose patience ends too early.
    pub(super) async fn seal_with_time_out(
        &self,
        key: &'static str,
        samples: &[SampleDocument],
        mail: &Mailing,
    ) -> Result<Batch, Failure> {
        let request = request(samples, mail);
        let document_reference =
            request["documents"][0]["documentRequest"]["externalReference"].clone();
        let document_reference = document_reference.as_str().unwrap_or_default().to_owned();

        // The request goes out; as soon as the service knows the document, the client hangs up.
        let before = self.id_of(&document_reference).await?.is_some();
        let send = self.sign(&request);
        let id = {
            tokio::pin!(send);
            let appear = self.appears(&document_reference);
            tokio::pin!(appear);
            tokio::select! {
                id = &mut appear => id?,
                answer = &mut send => answer?["id"].as_i64().ok_or("no id")?,
            }
        };
        self.finishes(id).await?;
        let detail = self.detail(id).await?;
        let again = self.sign(&request).await?;
        let replayed = again["replayed"].as_bool().unwrap_or(false);
        if !replayed || again["id"] != detail["id"] {
            return Err("the same request again was not recognised".into());
        }
        let documents = documents(samples, &detail)?;
        let repeated = documents_equal(&detail, &again);
        if !repeated {
            return Err("the same request again gave other bytes".into());
        }
        Ok(Batch {
            key,
            operation: id,
            documents,
            replayed_before: before,
            execution_ms: detail["executionTime"].as_i64().unwrap_or_default(),
        })
    }

    async fn sign(&self, request: &Value) -> Result<Value, Failure> {
        let response = self
            .http
            .post(format!("{}/api/v0/document/sign/base64/", self.base))
            .bearer_auth(&self.token)
            .json(request)
            .send()
            .await?;
        json_of(response).await
    }

    /// The id of the operation with this document, or none.
    async fn id_of(&self, document_reference: &str) -> Result<Option<i64>, Failure> {
        let mut url = reqwest::Url::parse(&format!(
            "{}/api/v0/operation/id/withDocumentExternalReference",
            self.base
        ))?;
        url.path_segments_mut()
            .map_err(|()| "the base address cannot have a path")?
            .push(document_reference);
        let response = self.http.get(url).bearer_auth(&self.token).send().await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(json_of(response).await?.as_i64())
    }

    async fn appears(&self, document_reference: &str) -> Result<i64, Failure> {
        let started = Instant::now();
        loop {
            if let Some(id) = self.id_of(document_reference).await? {
                return Ok(id);
            }
            if started.elapsed() > PATIENCE {
                return Err("the operation did not appear".into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn finishes(&self, id: i64) -> Result<(), Failure> {
        let started = Instant::now();
        loop {
            let url = format!("{}/api/v0/operation/status/{id}", self.base);
            let response = self.http.get(url).bearer_auth(&self.token).send().await?;
            let answer = json_of(response).await?;
            match answer["status"].as_str() {
                Some("EXECUTED" | "EXECUTION_FAILED") => return Ok(()),
                _ if started.elapsed() > PATIENCE => {
                    return Err(format!("operation {id} did not finish: {answer}").into());
                }
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Waits until every mail about a batch was sent or given up. Returns receiver and status of each.
    pub(super) async fn mails_end(&self, id: i64) -> Result<Vec<(String, String)>, Failure> {
        let started = Instant::now();
        loop {
            let url = format!("{}/api/v0/delivery/mail/{id}", self.base);
            let answer = json_of(self.http.get(url).bearer_auth(&self.token).send().await?).await?;
            let text =
                |mail: &Value, name: &str| mail[name].as_str().unwrap_or_default().to_owned();
            let mails: Vec<(String, String)> = answer
                .as_array()
                .ok_or("no list of mails")?
                .iter()
                .map(|mail| (text(mail, "email"), text(mail, "deliveryStatus")))
                .collect();
            let ended = |status: &str| matches!(status, "SENT" | "RECEIVED" | "SENDING_FAILED");
            if mails.iter().all(|(_, status)| ended(status)) {
                return Ok(mails);
            }
            if started.elapsed() > PATIENCE {
                return Err(
                    format!("the mails about operation {id} did not go out: {answer}").into()
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn detail(&self, id: i64) -> Result<Value, Failure> {
        let url = format!("{}/api/v0/operation/sign/detail/{id}/contentInResponse/true", self.base);
        json_of(self.http.get(url).bearer_auth(&self.token).send().await?).await
    }
}

/// Who is told about a batch.
pub(super) struct Mailing {
    /// Whether the sealed documents go with the mail.
    pub(super) attach: bool,
    /// Addresses with languages.
    pub(super) receivers: &'static [(&'static str, &'static str)],
}

/// A batch under references made of its content, so that the next run is a repetition.
fn request(samples: &[SampleDocument], mail: &Mailing) -> Value {
    let receivers: Vec<Value> = mail
        .receivers
        .iter()
        .map(|(email, language)| json!({ "email": email, "language": language }))
        .collect();
    let all: Vec<u8> = samples
        .iter()
        .flat_map(|sample| {
            [sha256(&sample.content), sha256(sample.signature.to_string().as_bytes())].concat()
        })
        .chain(sha256(json!(receivers).to_string().as_bytes()))
        .collect();
    let mark = hex(&sha256(&all)).split_off(56);
    let documents: Vec<Value> = samples
        .iter()
        .map(|sample| {
            json!({
                "documentRequest": {
                    "externalReference": format!("DEMO 2026/{mark}: {}", sample.name),
                    "name": format!("{}.{}", sample.name, sample.extension),
                    "contentType": format!("application/{}", sample.extension),
                    "base64Content": STANDARD.encode(&sample.content),
                },
                "signatureInfo": sample.signature,
            })
        })
        .collect();
    json!({
        "externalReference": format!("DEMO 2026/{mark}"),
        "description": "The sample batch",
        "documents": documents,
        "preservationInfo": {
            "preserveContent": false,
            "deliveryInfo": { "attachDocuments": mail.attach, "personReceiver": receivers },
        },
        "returnSignedContent": true,
    })
}

fn documents(samples: &[SampleDocument], detail: &Value) -> Result<Vec<SealedSample>, Failure> {
    let answered = detail["documentList"].as_array().ok_or("no documentList")?;
    samples
        .iter()
        .zip(answered)
        .map(|(sample, document)| {
            let result = match document["signedContent"].as_str() {
                Some(content) => Ok(STANDARD.decode(content)?),
                None => {
                    Err(document["signErrorDetail"].as_str().unwrap_or("not sealed").to_owned())
                }
            };
            Ok(SealedSample {
                name: sample.name.clone(),
                extension: sample.sealed_extension,
                is_stamped: sample.signature.get("signatureLevel").is_some(),
                result,
            })
        })
        .collect()
}

fn documents_equal(one: &Value, other: &Value) -> bool {
    let contents = |answer: &Value| -> Vec<Value> {
        answer["documentList"]
            .as_array()
            .map(|list| list.iter().map(|document| document["signedContent"].clone()).collect())
            .unwrap_or_default()
    };
    contents(one) == contents(other)
}

async fn json_of(response: reqwest::Response) -> Result<Value, Failure> {
    let status = response.status();
    let body = response.bytes().await?;
    if !status.is_success() {
        return Err(format!("HTTP {status}: {}", String::from_utf8_lossy(&body)).into());
    }
    Ok(serde_json::from_slice(&body)?)
}
