//! Choices of operations: what is written in an address is what is read from it.

use chancery_engine::domain::client_service::ProfileName;
use chancery_engine::domain::delivery::{DeliveryStatus, MailAddress};
use chancery_engine::domain::document::SigningError;
use chancery_engine::domain::ids::{ClientServiceId, CompanyId, OperationId};
use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::listing::{
    ErrorCode, FilterFault, ListPlace, OperationFilter, OperationKind,
};
use chancery_engine::domain::operation::OperationState;
use chancery_engine::domain::profile::Format;
use proptest::option;
use proptest::prelude::*;

fn read(text: &str) -> Result<OperationFilter, FilterFault> {
    OperationFilter::parse(text, &[])
}

fn filters() -> impl Strategy<Value = OperationFilter> {
    let times = || option::of((0_i64..253_402_300_799_999).prop_map(Instant::from_unix_ms));
    let error = prop_oneof![
        Just(ErrorCode::Error(SigningError::Configuration)),
        "[a-z][a-z-]{0,40}".prop_map(ErrorCode::Reason),
    ];
    let address = "[a-zA-Z0-9+_=&%]{1,12}@[a-z]{1,8}\\.example"
        .prop_filter_map("an address", |text| MailAddress::parse(&text));
    let state = prop_oneof![Just(OperationState::Executed), Just(OperationState::ExecutionError)];
    let kind = prop_oneof![Just(OperationKind::Sign), Just(OperationKind::ExtendPreservation)];
    let status = prop_oneof![Just(DeliveryStatus::Sent), Just(DeliveryStatus::SendingFailed)];
    let format = prop_oneof![Just(Format::Xades), Just(Format::Pades), Just(Format::Cades)];
    let profile = "[a-z0-9.-]{1,30}".prop_filter_map("a profile", |text| ProfileName::parse(&text));
    (
        (option::of(state), option::of(kind), option::of(any::<i64>()), option::of(any::<i64>())),
        (times(), times(), option::of(format), option::of(profile)),
        (option::of(error), option::of(address), option::of(status)),
    )
        .prop_map(|((state, kind, client, company), (from, until, format, profile), last)| {
            OperationFilter {
                state,
                kind,
                client_service: client.map(ClientServiceId::from_i64),
                company: company.map(CompanyId::from_i64),
                from,
                until,
                format,
                profile,
                error: last.0,
                receiver: last.1,
                standing: last.2,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_choice_is_read_as_it_was_written(filter in filters()) {
        let text = filter.to_text();
        prop_assert!(text.bytes().all(|it| it.is_ascii_graphic() && !b"\"'<>#".contains(&it)));
        prop_assert_eq!(read(&text), Ok(filter.clone()));
        prop_assert_eq!(read(&format!("?{text}")), Ok(filter.clone()));
        // What a page has of its own may stand beside it.
        let beside = format!("after=5.7&{text}&lang=de");
        prop_assert_eq!(OperationFilter::parse(&beside, &["after", "lang"]), Ok(filter));
    }

    #[test]
    fn nothing_that_is_written_makes_it_panic(text in "\\PC{0,200}") {
        if let Ok(filter) = read(&text) {
            prop_assert_eq!(read(&filter.to_text()), Ok(filter));
        }
        let _ = ListPlace::parse(&text);
    }

    #[test]
    fn a_place_is_read_as_it_was_written(accepted in any::<i64>(), id in any::<i64>()) {
        let place = ListPlace {
            accepted: Instant::from_unix_ms(accepted),
            operation: OperationId::from_i64(id),
        };
        prop_assert_eq!(ListPlace::parse(&place.to_text()), Some(place));
    }
}

#[test]
fn forms_and_people_write_choices() {
    let day = read("from=2026-11-22&until=2026-11-22").unwrap();
    let ms = |at: Option<Instant>| at.unwrap().to_rfc3339();
    assert_eq!(ms(day.from), "2026-11-22T00:00:00.000Z");
    assert_eq!(ms(day.until), "2026-11-23T00:00:00.000Z", "the whole day is in it");
    let form = read("state=&type=&client=&receiver=a%2Bb%40c.example&error=+&delivery=").unwrap();
    let receiver = MailAddress::parse("a+b@c.example");
    assert_eq!(form, OperationFilter { receiver, ..OperationFilter::default() });
    assert_eq!(OperationFilter::default().to_text(), "");
    assert_eq!(read(""), Ok(OperationFilter::default()));
    let code = read("error=CONFIGURATION_SIGN_ERROR").unwrap().error;
    assert_eq!(code, Some(ErrorCode::Error(SigningError::Configuration)));
}

#[test]
fn what_says_no_choice_is_not_passed_over() {
    let unknown = |key: &str| FilterFault::Unknown { key: key.to_owned() };
    assert_eq!(read("stat=EXECUTED"), Err(unknown("stat")));
    assert_eq!(read("after=1.2"), Err(unknown("after")));
    assert_eq!(
        read("state=EXECUTED&state=EXECUTION_FAILED"),
        Err(FilterFault::Repeated { key: "state" })
    );
    for wrong in [
        "state=executed",
        "type=SEAL",
        "client=a",
        "from=yesterday",
        "from=2026-13-01",
        "until=10000-01-01",
        "format=JAdES",
        "profile=A%20B",
        "error=%27%3B--",
        "receiver=nobody",
        "delivery=LOST",
    ] {
        let key = wrong.split('=').next().unwrap();
        let refused = read(wrong).unwrap_err();
        let FilterFault::Invalid { key: named, .. } = &refused else { panic!("{refused:?}") };
        assert_eq!(*named, key);
        assert!(refused.to_string().starts_with(&format!("'{key}' must be ")));
    }
    assert!(read(&format!("profile={}", "a".repeat(5000))).is_err());
}
