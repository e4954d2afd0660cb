//! Lists as CSV: all of it, portion by portion, and nothing that calculates.

use chancery::domain::document::SigningError;
use chancery::domain::listing::OperationFilter;
use chancery::domain::operation::OperationState;
use chancery::domain::scope::ServiceSet;
use chancery::workflow::lists;

use super::{House, Paper, Plan, on_both, some};

impl House {
    async fn csv(&self, seen: &ServiceSet, filter: &OperationFilter) -> Vec<String> {
        let mut export = lists::export(&self.app, seen, filter).await.unwrap();
        let mut portions = Vec::new();
        while let Some(portion) = export.next().await.unwrap() {
            portions.push(portion);
        }
        portions
    }
}

/// Reads CSV as RFC 4180 says, section 2.
fn read(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut signs = text.chars().peekable();
    let mut quoted = false;
    while let Some(sign) = signs.next() {
        match (sign, quoted) {
            ('"', true) if signs.peek() == Some(&'"') => {
                signs.next();
                field.push('"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(std::mem::take(&mut field)),
            ('\r', false) => {
                assert_eq!(signs.next(), Some('\n'));
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            (other, _) => field.push(other),
        }
    }
    assert!(field.is_empty() && row.is_empty() && !quoted, "it ends with its last line");
    rows
}

#[test]
fn what_an_integrator_writes_is_one_field_and_no_formula() {
    on_both(async |house| {
        let hostile = [
            "=HYPERLINK(\"http://evil.example\",\"open\")",
            "+1+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1:A9)",
            " =1+1",
            "a,\"b\";c",
            "ordinary",
        ];
        for (number, reference) in (0..).zip(hostile) {
            let plan = Plan::new(1, reference, house.now().plus_ms(number));
            house.record(&plan.to(&["=cmd@a.example"])).await;
        }
        let text = house.csv(&ServiceSet::All, &OperationFilter::default()).await.concat();
        let rows = read(&text);
        assert_eq!(rows.len(), 1 + hostile.len());
        assert!(rows.iter().all(|row| row.len() == 13), "{rows:?}");
        let references: Vec<_> = rows[1..].iter().rev().map(|row| row[1].as_str()).collect();
        for (written, reference) in references.iter().zip(hostile) {
            assert_eq!(written.trim_start_matches('\''), reference);
        }
        for field in rows.iter().flatten() {
            let begins = field.trim_start().chars().next().unwrap_or(' ');
            assert!(!"=+-@".contains(begins), "{field}");
        }
        assert_eq!(rows[1][11], "'=cmd@a.example");
    });
}

#[test]
fn all_that_is_chosen_is_in_it_however_much_it_is() {
    on_both(async |house| {
        let bad = Paper::failing(SigningError::Internal, "internal");
        let at = house.now();
        for number in 0..430 {
            let mut plan = Plan::new(1 + number % 2, &format!("{number}"), at.plus_ms(number / 7));
            if number % 3 == 0 {
                plan =
                    plan.papers(std::slice::from_ref(&bad)).state(OperationState::ExecutionFailed);
            }
            house.record(&plan).await;
        }
        let portions = house.csv(&ServiceSet::All, &OperationFilter::default()).await;
        assert!(portions.len() > 3, "it is written portion by portion");
        assert!(portions.iter().all(|portion| portion.lines().count() <= 200));
        let rows = read(&portions.concat());
        let mut references: Vec<i64> =
            rows[1..].iter().map(|row| row[1].parse().unwrap()).collect();
        assert_eq!(references.len(), 430);
        references.sort_unstable();
        references.dedup();
        assert_eq!(references.len(), 430, "each once");
        let state = Some(OperationState::ExecutionFailed);
        let failed = OperationFilter { state, ..OperationFilter::default() };
        let rows = read(&house.csv(&some(&[2]), &failed).await.concat());
        assert_eq!(rows.len(), 1 + 72);
        for row in &rows[1..] {
            let said: Vec<&str> = row.iter().map(String::as_str).collect();
            let [
                _,
                reference,
                "SIGN",
                "EXECUTION_FAILED",
                "client-2",
                _,
                _,
                "1",
                "0",
                "1",
                "internal",
                "",
                "",
            ] = said[..]
            else {
                panic!("{row:?}")
            };
            assert_eq!(reference.parse::<i64>().unwrap() % 6, 3);
        }
    });
}
