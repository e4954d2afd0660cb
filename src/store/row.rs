//! Columns to words: ids, times, digests and enums; and words to columns.

use std::borrow::Cow;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Error, Result};
use crate::domain::instant::Instant;

/// Reads a column that must be there.
pub(super) fn text(row: &AnyRow, column: &'static str) -> Result<String> {
    Ok(row.try_get(column)?)
}

pub(super) fn optional_text(row: &AnyRow, column: &'static str) -> Result<Option<String>> {
    Ok(row.try_get(column)?)
}

pub(super) fn integer(row: &AnyRow, column: &'static str) -> Result<i64> {
    Ok(row.try_get(column)?)
}

pub(super) fn optional_integer(row: &AnyRow, column: &'static str) -> Result<Option<i64>> {
    Ok(row.try_get(column)?)
}

/// Reads a column of 0 and 1.
pub(super) fn boolean(row: &AnyRow, column: &'static str) -> Result<bool> {
    match integer(row, column)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::Corrupt { column }),
    }
}

pub(super) fn unsigned(row: &AnyRow, column: &'static str) -> Result<u64> {
    u64::try_from(integer(row, column)?).map_err(|_| Error::Corrupt { column })
}

pub(super) fn small(row: &AnyRow, column: &'static str) -> Result<u32> {
    u32::try_from(integer(row, column)?).map_err(|_| Error::Corrupt { column })
}

pub(super) fn optional_small(row: &AnyRow, column: &'static str) -> Result<Option<u32>> {
    let value = optional_integer(row, column)?;
    value.map(|value| u32::try_from(value).map_err(|_| Error::Corrupt { column })).transpose()
}

pub(super) fn bytes(row: &AnyRow, column: &'static str) -> Result<Vec<u8>> {
    Ok(row.try_get(column)?)
}

pub(super) fn optional_bytes(row: &AnyRow, column: &'static str) -> Result<Option<Vec<u8>>> {
    Ok(row.try_get(column)?)
}

pub(super) fn instant(row: &AnyRow, column: &'static str) -> Result<Instant> {
    integer(row, column).map(Instant::from_unix_ms)
}

pub(super) fn optional_instant(row: &AnyRow, column: &'static str) -> Result<Option<Instant>> {
    Ok(optional_integer(row, column)?.map(Instant::from_unix_ms))
}

pub(super) fn sha256(row: &AnyRow, column: &'static str) -> Result<[u8; 32]> {
    bytes(row, column)?.try_into().map_err(|_| Error::Corrupt { column })
}

/// Reads a column of names through the enum's own `parse`.
pub(super) fn named<T>(
    row: &AnyRow,
    column: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T> {
    parse(&text(row, column)?).ok_or(Error::Corrupt { column })
}

/// PostgreSQL stores no U+0000 in a text.
pub(super) fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{FFFD}").into() } else { text.into() }
}
