//! What somebody typed, looked up in what operations, documents and mails are known by. Every look-up is a short range
//! of an index; where there is more of it than one looks at, it says so.

use sqlx::AnyPool;
use sqlx::any::AnyRow;

use super::statement::Statement;
use super::{Reports, Result, row};
use crate::domain::ids::{ClientServiceId, DocumentId, OperationId};
use crate::domain::scope::ServiceSet;

/// By what something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Matched {
    OperationId,
    DocumentId,
    RequestReference,
    DocumentReference,
    DocumentName,
    Receiver,
    OriginalSha256,
    SealedSha256,
}

/// What was found, without a look at its operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub by: Matched,
    pub operation: OperationId,
    pub document: Option<DocumentId>,
    /// The whole of what begins with, or is, what was looked for.
    pub text: String,
}

/// What was found of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    pub found: Vec<Match>,
    /// Whether there may be more.
    pub more: bool,
}

/// Most that are found of one kind.
pub const MOST_OF_A_KIND: usize = 10;

/// One more shows that there are more.
const LIMIT: usize = MOST_OF_A_KIND + 1;

/// Documents of one SHA-256 that are looked at for somebody who does not see all of them.
const LOOKED_AT: usize = 512;

/// Behind every text that begins with another, when it follows that: the last of all characters.
const LAST: char = '\u{10FFFF}';

/// A column that is looked up by its beginning.
struct Column {
    by: Matched,
    /// Everything up to the condition on the text, which is `matched`.
    select: &'static str,
    text: &'static str,
    /// Of those that are the same, the newest first: there may be many.
    newest: &'static str,
    /// What begins alike, in the order of its index.
    order: &'static str,
    /// The same of a client service: columns that have it, with what else must be so.
    of_service: &'static [(&'static str, &'static str)],
}

/// References of a client service: those that it holds, and those that are free again.
const REFERENCES: &[(&str, &str)] =
    &[("live_reference", ""), ("external_reference", " AND live_reference IS NULL")];

const REQUEST: Column = Column {
    by: Matched::RequestReference,
    select: "SELECT id AS operation_id, CAST(NULL AS BIGINT) AS document_id, client_service_id,
                external_reference AS matched FROM operation WHERE draft = 0 AND ",
    text: "external_reference",
    newest: "",
    order: "external_reference, client_service_id",
    of_service: REFERENCES,
};

const DOCUMENT: Column = Column {
    by: Matched::DocumentReference,
    select: "SELECT operation_id, id AS document_id, client_service_id,
                external_reference AS matched FROM document WHERE ",
    text: "external_reference",
    newest: "",
    order: "external_reference, client_service_id",
    of_service: REFERENCES,
};

const NAME: Column = Column {
    by: Matched::DocumentName,
    select: "SELECT operation_id, id AS document_id, client_service_id, name AS matched
             FROM document WHERE ",
    text: "name",
    newest: "operation_id DESC",
    order: "name, operation_id",
    of_service: &[("name", "")],
};

const RECEIVER: Column = Column {
    by: Matched::Receiver,
    select: "SELECT operation_id, CAST(NULL AS BIGINT) AS document_id, client_service_id,
                address_folded AS matched
             FROM message WHERE accepted_ms IS NOT NULL AND ",
    text: "address_folded",
    newest: "accepted_ms DESC, operation_id DESC",
    order: "address_folded, accepted_ms, operation_id",
    of_service: &[("address_folded", "")],
};

impl Reports {
    /// References of requests and documents, names of documents and mailboxes (folded) that are a text or begin with
    /// it. Of client services outside of the set nothing is returned.
    pub async fn matches(
        &self,
        services: &ServiceSet,
        (text, folded): (&str, &str),
    ) -> Result<Vec<Matches>> {
        let mut all = Vec::new();
        for column in [&REQUEST, &DOCUMENT, &NAME, &RECEIVER] {
            let text = if column.by == Matched::Receiver { folded } else { text };
            all.push(column.matches(&self.pool, services, text).await?);
        }
        Ok(all)
    }

    /// Documents whose SHA-256, as sent or as sealed, is between two.
    pub async fn matches_sha256(
        &self,
        services: &ServiceSet,
        (first, last): (&[u8; 32], &[u8; 32]),
    ) -> Result<Vec<Matches>> {
        let mut all = Vec::new();
        for (by, column) in
            [(Matched::SealedSha256, "sealed_sha256"), (Matched::OriginalSha256, "original_sha256")]
        {
            let mut asked = Statement::new(format!(
                "SELECT operation_id, id AS document_id, client_service_id FROM document
                 WHERE {column} IS NOT NULL AND {column} >= "
            ));
            asked.octets(first).say(&format!(" AND {column} <= ")).octets(last);
            let limit = if *services == ServiceSet::All { LIMIT } else { LOOKED_AT };
            asked.say(&format!(" ORDER BY {column} LIMIT {limit}"));
            let mut found = Matches::default();
            for row in &asked.rows(&self.pool).await? {
                found.add(by, row, String::new(), services)?;
            }
            all.push(found);
        }
        Ok(all)
    }

    /// The operation that has this document, of whichever client service.
    pub async fn operation_with(&self, document: DocumentId) -> Result<Option<OperationId>> {
        let found = sqlx::query("SELECT operation_id FROM document WHERE id = $1")
            .bind(document.as_i64())
            .fetch_optional(&self.pool)
            .await?;
        found
            .map(|found| Ok(OperationId::from_i64(row::integer(&found, "operation_id")?)))
            .transpose()
    }
}

impl Matches {
    /// Adds what a row says, if it is of the set and there is room.
    fn add(
        &mut self,
        by: Matched,
        found: &AnyRow,
        text: String,
        services: &ServiceSet,
    ) -> Result<()> {
        let service = ClientServiceId::from_i64(row::integer(found, "client_service_id")?);
        if !services.holds(service) {
            return Ok(());
        }
        let one = Match {
            by,
            operation: OperationId::from_i64(row::integer(found, "operation_id")?),
            document: row::optional_integer(found, "document_id")?.map(DocumentId::from_i64),
            text,
        };
        if self.found.contains(&one) {
            return Ok(());
        }
        if self.found.len() < MOST_OF_A_KIND {
            self.found.push(one);
        } else {
            self.more = true;
        }
        Ok(())
    }

    fn add_all(&mut self, by: Matched, rows: &[AnyRow], services: &ServiceSet) -> Result<()> {
        rows.iter()
            .try_for_each(|found| self.add(by, found, row::text(found, "matched")?, services))
    }
}

impl Column {
    async fn matches(&self, pool: &AnyPool, services: &ServiceSet, text: &str) -> Result<Matches> {
        let mut all = Matches::default();
        let same = self.same(services, text).rows(pool).await?;
        all.add_all(self.by, &same, services)?;
        if let ServiceSet::Of(_) = services {
            for (column, also) in self.of_service {
                let mut asked = Statement::new(self.select);
                asked.say("1 = 1").of_services("client_service_id", services).say(also);
                asked.say(" AND ");
                begins(&mut asked, column, text);
                asked.say(&format!(" LIMIT {LIMIT}"));
                all.add_all(self.by, &asked.rows(pool).await?, services)?;
            }
            return Ok(all);
        }
        let mut asked = Statement::new(self.select);
        begins(&mut asked, self.text, text);
        asked.say(&format!(" ORDER BY {} LIMIT {LIMIT}", self.order));
        all.add_all(self.by, &asked.rows(pool).await?, services)?;
        Ok(all)
    }

    /// Asks for what is a text, the newest first where that is one range of an index.
    fn same(&self, services: &ServiceSet, text: &str) -> Statement {
        let mut asked = Statement::new(self.select);
        asked.say(self.text).say(" = ").text(text).of_services("client_service_id", services);
        let several = matches!(services, ServiceSet::Of(some) if some.len() > 1);
        if !several && !self.newest.is_empty() {
            asked.say(" ORDER BY ").say(self.newest);
        }
        asked.say(&format!(" LIMIT {LIMIT}"));
        asked
    }
}

/// Adds the condition that a column begins with a text.
fn begins(asked: &mut Statement, column: &str, text: &str) {
    asked.say(column).say(" >= ").text(text);
    asked.say(" AND ").say(column).say(" < ").text(&format!("{text}{LAST}"));
}
