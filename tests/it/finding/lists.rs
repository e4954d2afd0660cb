//! Lists of operations: what a filter chooses, page by page, within what may be seen.

use chancery::domain::client_service::ProfileName;
use chancery::domain::delivery::{DeliveryStatus, MailAddress};
use chancery::domain::document::SigningError;
use chancery::domain::ids::{CompanyId, OperationId};
use chancery::domain::listing::{
    BoundedCount, ErrorCode, ListPlace, OperationFilter, OperationKind,
};
use chancery::domain::operation::OperationState;
use chancery::domain::profile::Format;
use chancery::domain::scope::ServiceSet;
use chancery::workflow::lists;

use super::{Dice, House, Paper, Plan, on_both, service, some};

impl House {
    /// All that a filter chooses, in pages of so many.
    pub(super) async fn walk(
        &self,
        seen: &ServiceSet,
        filter: &OperationFilter,
        size: usize,
    ) -> Vec<OperationId> {
        let (mut at, mut all) = (Some(ListPlace::BEGINNING), Vec::new());
        while let Some(after) = at {
            let page = lists::page(&self.app, seen, filter, after, size).await.unwrap();
            assert!(page.lines.len() <= size);
            all.extend(page.lines.iter().map(|line| line.id));
            at = page.next;
        }
        all
    }
}

/// An operation, and how its receivers stand.
struct Known {
    id: OperationId,
    plan: Plan,
    standing: DeliveryStatus,
}

const STANDINGS: [DeliveryStatus; 4] = [
    DeliveryStatus::Sent,
    DeliveryStatus::Received,
    DeliveryStatus::SendingError,
    DeliveryStatus::SendingFailed,
];

const REASONS: [(SigningError, &str); 3] = [
    (SigningError::Configuration, "xml-malformed"),
    (SigningError::Configuration, "document-too-large"),
    (SigningError::Timestamp, "timestamp-unavailable"),
];

const PROFILES: [Option<&str>; 3] = [None, Some("facturae-3.2.2"), Some("zatca-2.1")];

fn planned(dice: &mut Dice, number: i64, house: &House) -> (Plan, DeliveryStatus) {
    let accepted = house.now().plus_ms(-i64::try_from(dice.below(20)).unwrap() * 1000);
    let state = dice.one(&[
        OperationState::Executed,
        OperationState::Executed,
        OperationState::ExecutionFailed,
        OperationState::ExecutionError,
        OperationState::PendingExecution,
    ]);
    let failed = state == OperationState::ExecutionFailed;
    let papers: Vec<Paper> = (0..=dice.below(2))
        .map(|at| Paper {
            name: format!("{number}-{at}.xml"),
            format: dice.one(&Format::ALL),
            profile: dice.one(&PROFILES),
            failed: (failed || at == 1).then(|| dice.one(&REASONS)),
        })
        .collect();
    let mut plan =
        Plan::new(1 + i64::try_from(dice.below(5)).unwrap(), &number.to_string(), accepted);
    plan.extends = dice.below(6) == 0 && state == OperationState::Executed;
    if dice.below(2) == 0 && state == OperationState::Executed {
        plan = plan.to(&[dice.one(&["A@one.example", "b@two.example"])]);
    }
    (plan.papers(&papers).state(state), dice.one(&STANDINGS))
}

impl Known {
    /// What the words of a filter mean.
    fn is_chosen(&self, filter: &OperationFilter) -> bool {
        let Self { plan, standing, .. } = self;
        let company = CompanyId::from_i64(1 + plan.service / 4);
        let kind =
            if plan.extends { OperationKind::ExtendPreservation } else { OperationKind::Sign };
        let ended = plan.state.is_final();
        let paper = |fits: &dyn Fn(&Paper) -> bool| plan.papers.iter().any(fits);
        let address = plan.receivers.first().and_then(|it| MailAddress::parse(it));
        filter.state.is_none_or(|it| it == plan.state)
            && filter.kind.is_none_or(|it| it == kind)
            && filter.client_service.is_none_or(|it| it == service(plan.service))
            && filter.company.is_none_or(|it| it == company)
            && filter.from.is_none_or(|it| plan.accepted >= it)
            && filter.until.is_none_or(|it| plan.accepted < it)
            && filter.format.is_none_or(|it| paper(&|paper| paper.format == it))
            && filter
                .profile
                .as_ref()
                .is_none_or(|it| paper(&|paper| paper.profile == Some(it.as_str())))
            && filter.error.as_ref().is_none_or(|it| {
                ended
                    && paper(&|paper| match it {
                        ErrorCode::Error(error) => paper.failed.is_some_and(|(e, _)| e == *error),
                        ErrorCode::Reason(reason) => paper.failed.is_some_and(|(_, r)| r == reason),
                    })
            })
            && filter
                .receiver
                .as_ref()
                .is_none_or(|it| address.as_ref().is_some_and(|to| to.folded() == it.folded()))
            && filter.standing.is_none_or(|it| address.is_some() && *standing == it)
    }
}

fn some_filter(dice: &mut Dice, house: &House) -> OperationFilter {
    let time = |dice: &mut Dice| {
        let ms = i64::try_from(dice.below(22)).unwrap() * 1000;
        house.now().plus_ms(-ms)
    };
    let times = [time(dice), time(dice)];
    let errors = REASONS.map(|(_, reason)| ErrorCode::Reason(reason.to_owned()));
    let errors: Vec<ErrorCode> =
        errors.into_iter().chain([ErrorCode::Error(SigningError::Configuration)]).collect();
    let states = [
        OperationState::Executed,
        OperationState::ExecutionFailed,
        OperationState::ExecutionError,
        OperationState::PendingExecution,
    ];
    OperationFilter {
        state: dice.maybe(&states),
        kind: dice.maybe(&[OperationKind::Sign, OperationKind::ExtendPreservation]),
        client_service: dice.maybe(&[service(1), service(4)]),
        company: dice.maybe(&[CompanyId::from_i64(1), CompanyId::from_i64(2)]),
        from: dice.maybe(&times[..1]),
        until: dice.maybe(&times[1..]),
        format: dice.maybe(&Format::ALL),
        profile: dice.maybe(&[ProfileName::parse("facturae-3.2.2").unwrap()]),
        error: dice.maybe(&errors),
        receiver: dice.maybe(&[MailAddress::parse("a@ONE.example").unwrap()]),
        standing: dice.maybe(&STANDINGS),
    }
}

/// Whatever is chosen, by whoever sees whatever, in pages of any size: all of it is shown, once, newest first, and
/// nothing else.
#[test]
fn a_list_is_what_its_filter_says_and_never_more_than_may_be_seen() {
    on_both(async |house| {
        let mut dice = Dice(20_261_122);
        let mut known: Vec<Known> = Vec::new();
        for number in 0..120 {
            let (plan, standing) = planned(&mut dice, number, &house);
            let id = house.record(&plan).await;
            house.try_mails(|_| standing).await;
            known.push(Known { id, plan, standing });
        }
        known.sort_by_key(|it| std::cmp::Reverse((it.plan.accepted, it.id)));
        let mut shown = 0;
        for round in 0..250 {
            let seen = dice.sight();
            // Few wishes at once, or there would be nothing to show.
            let mut filter = some_filter(&mut dice, &house);
            if round % 2 == 0 {
                filter.profile = None;
                filter.error = None;
                filter.company = None;
                filter.kind = None;
            }
            let wanted: Vec<OperationId> = known
                .iter()
                .filter(|it| seen.holds(service(it.plan.service)) && it.is_chosen(&filter))
                .map(|it| it.id)
                .collect();
            let size = usize::try_from(1 + dice.below(40)).unwrap();
            let found = house.walk(&seen, &filter, size).await;
            assert_eq!(found, wanted, "{} by {seen:?}", filter.to_text());
            let tally = lists::tally(&house.app, &seen, &filter).await.unwrap();
            assert_eq!(tally, BoundedCount::Exactly(wanted.len() as u64), "{}", filter.to_text());
            shown += wanted.len();
        }
        assert!(shown > 500, "only {shown} were chosen at all");
    });
}

#[test]
fn a_line_says_what_became_of_it() {
    on_both(async |house| {
        let at = house.now();
        let bad = Paper::failing(SigningError::Configuration, "xml-malformed");
        let papers = [Paper::named("a.xml"), bad, Paper::named("b.xml")];
        let to = ["good@a.example", "bad@a.example", "Good@A.example"];
        house.record(&Plan::new(1, "L-1", at).papers(&papers).to(&to)).await;
        house
            .try_mails(|address| match address {
                "bad@a.example" => DeliveryStatus::SendingFailed,
                _ => DeliveryStatus::Sent,
            })
            .await;
        let filter = OperationFilter::default();
        let all = ServiceSet::All;
        let page = lists::page(&house.app, &all, &filter, ListPlace::BEGINNING, 10).await.unwrap();
        let [line] = &page.lines[..] else { panic!("{page:?}") };
        assert_eq!((line.documents, line.sealed, line.failed), (3, 2, 1));
        assert_eq!(line.error_reason.as_deref(), Some("xml-malformed"));
        assert_eq!(line.external_reference.as_str(), "L-1");
        assert_eq!((line.accepted, line.finished), (at, Some(house.now())));
        let receivers: Vec<_> =
            line.receivers.iter().map(|(it, standing)| (it.as_str(), *standing)).collect();
        assert_eq!(
            receivers,
            [
                ("good@a.example", DeliveryStatus::Sent),
                ("bad@a.example", DeliveryStatus::SendingFailed)
            ]
        );
    });
}

#[test]
fn what_comes_while_one_turns_pages_changes_none_behind() {
    on_both(async |house| {
        let at = house.now();
        let mut ids = Vec::new();
        for number in 0..20 {
            // Half of them at one time: their numbers tell them apart.
            let plan = Plan::new(1, &number.to_string(), at.plus_ms(number / 10));
            ids.push(house.record(&plan).await);
        }
        ids.reverse();
        let (all, filter) = (ServiceSet::All, OperationFilter::default());
        let page = async |after| lists::page(&house.app, &all, &filter, after, 5).await.unwrap();
        let first = page(ListPlace::BEGINNING).await;
        house.record(&Plan::new(1, "new", at.plus_ms(100))).await;
        let second = page(first.next.unwrap()).await;
        let third = page(second.next.unwrap()).await;
        let fourth = page(third.next.unwrap()).await;
        assert_eq!(fourth.next, None);
        let shown: Vec<_> = [first, second, third, fourth]
            .into_iter()
            .flat_map(|page| page.lines.into_iter().map(|line| line.id))
            .collect();
        assert_eq!(shown, ids);
    });
}

#[test]
fn who_sees_a_company_sees_its_client_services_and_no_other() {
    on_both(async |house| {
        let at = house.now();
        for number in 1..=5 {
            house.record(&Plan::new(number, &number.to_string(), at)).await;
        }
        let company = [CompanyId::from_i64(2)];
        let seen = lists::services_of(&house.app, &company, &[]).await.unwrap();
        assert_eq!(seen, some(&[4, 5]));
        let seen = lists::services_of(&house.app, &company, &[service(1)]).await.unwrap();
        assert_eq!(seen, some(&[1, 4, 5]));
        let found = house.walk(&seen, &OperationFilter::default(), 2).await;
        assert_eq!(found.len(), 3);
        let nobody = lists::services_of(&house.app, &[], &[]).await.unwrap();
        assert_eq!(house.walk(&nobody, &OperationFilter::default(), 2).await, []);
        let of_another =
            OperationFilter { company: Some(CompanyId::from_i64(1)), ..OperationFilter::default() };
        assert_eq!(house.walk(&some(&[4]), &of_another, 2).await, []);
    });
}
