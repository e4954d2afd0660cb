//! Evidence records: of many data under one timestamp, each proves for itself; what was changed proves nothing.

use std::collections::BTreeSet;

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::cms::Augmentation;
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::evidence::{
    ArchiveStamp, BLOCK, DigestTree, EvidenceChain, EvidenceRecord, Renewal,
};
use chancery_engine::pki::timestamp::{self, TimestampRequest, TimestampToken};
use chancery_engine::verify::{
    EvidenceReport, Indication, RevocationDemand, SubIndication, VerifySettings, verify_evidence,
};
use chancery_testing::tsa::TSA;

use super::support::anchors;

use DigestAlgorithm::{Sha256, Sha512};

/// The token of a TSA over the root of a tree.
pub(crate) fn stamped(tree: &DigestTree, name: &str) -> TimestampToken {
    let request = TimestampRequest::new(tree.root().unwrap(), None, None).unwrap();
    let answer = TSA.answer(&request.to_der().unwrap(), name, "");
    timestamp::check(&answer, &request, TSA.now(), 3_600_000).unwrap()
}

/// Different data, as many as are asked for.
pub(crate) fn data(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| format!("document {number}").into_bytes()).collect()
}

pub(crate) fn tree(algorithm: DigestAlgorithm, data: &[Vec<u8>]) -> DigestTree {
    DigestTree::new(algorithm, data.iter().map(|data| Digest::of(algorithm, data))).unwrap()
}

/// Records of data under one timestamp.
pub(crate) fn records(data: &[Vec<u8>]) -> Vec<EvidenceRecord> {
    let tree = tree(Sha256, data);
    let token = stamped(&tree, "rsa");
    let first = |data: &Vec<u8>| EvidenceRecord::first(&tree, &Digest::of(Sha256, data), &token);
    data.iter().map(first).collect::<Result<_, _>>().unwrap()
}

/// All of them renewed under one timestamp.
pub(crate) fn renewed(
    records: Vec<EvidenceRecord>,
    data: &[Vec<u8>],
    renewal: Renewal,
    name: &str,
) -> Vec<EvidenceRecord> {
    let all = || records.iter().zip(data);
    let leaves: Vec<Digest> =
        all().map(|(record, data)| record.leaf(renewal, Some(data)).unwrap()).collect();
    let algorithm = leaves[0].algorithm();
    let tree = DigestTree::new(algorithm, leaves).unwrap();
    let token = stamped(&tree, name);
    let renew = |(record, data): (EvidenceRecord, &Vec<u8>)| {
        record.renewed(renewal, Some(data), &tree, &token).unwrap()
    };
    records.into_iter().zip(data).map(renew).collect()
}

fn settings(at: Instant) -> VerifySettings {
    let mut settings = VerifySettings::new(anchors(&TSA.root()), at);
    settings.revocation = RevocationDemand::NotAsked;
    settings
}

fn later() -> Instant {
    TSA.now().plus_ms(3_600_000)
}

fn report(record: &EvidenceRecord, data: &[u8]) -> EvidenceReport {
    verify_evidence(&record.to_der(), &[data], &settings(later()))
}

#[test]
fn each_of_many_data_is_proven_by_one_timestamp() {
    for count in [1, 2, 3, 7, 100] {
        let data = data(count);
        let records = records(&data);
        for (record, data) in records.iter().zip(&data) {
            let report = report(record, data);
            assert_eq!(report.indication, Indication::Passed, "{report:#?}");
            assert_eq!(report.chains.len(), 1);
        }
        let others = report(&records[0], b"another");
        let failed = (Indication::Failed, Some(SubIndication::HashFailure));
        assert_eq!((others.indication, others.sub_indication), failed);
        assert_eq!(others.proven_time, None);
        // beside its own it has the digest of one neighbour in the tree, which it proves too
        let proven = data.iter().filter(|data| {
            let report = report(&records[0], data);
            assert!(report.sub_indication.is_none_or(|sub| sub == SubIndication::HashFailure));
            report.indication == Indication::Passed
        });
        assert!(proven.count() <= 2);
    }
}

#[test]
fn records_are_renewed_by_time_and_by_hash_and_prove_the_first_time() {
    let data = data(5);
    let mut all = records(&data);
    let first = report(&all[0], &data[0]).proven_time;
    for (renewal, name, chains, stamps) in [
        (Renewal::Time, "ec", 1, 2),
        (Renewal::Time, "rsa", 1, 3),
        (Renewal::Hash(Sha512), "ec384", 2, 1),
        (Renewal::Time, "ec384", 2, 2),
        (Renewal::Hash(Sha512), "ec384", 3, 1),
    ] {
        all = renewed(all, &data, renewal, name);
        for (record, data) in all.iter().zip(&data) {
            let read = EvidenceRecord::read(&record.to_der()).unwrap();
            assert_eq!(read.to_der(), record.to_der());
            let report = report(record, data);
            assert_eq!(report.indication, Indication::Passed, "{report:#?}");
            assert_eq!(report.proven_time, first);
            let last = report.chains.last().unwrap();
            assert_eq!((report.chains.len(), last.timestamps.len()), (chains, stamps));
        }
        let wrong = report(&all[0], b"another");
        assert_eq!(wrong.sub_indication, Some(SubIndication::HashFailure));
    }
    // years later the first digest and certificate have ended, and the record holds up to the last ones
    let report = verify_evidence(
        &all[0].to_der(),
        &[&data[0]],
        &settings(TSA.now().plus_ms(400 * 86_400_000)),
    );
    assert_eq!(report.indication, Indication::Indeterminate);
    let stamps: Vec<bool> =
        report.chains.iter().flat_map(|chain| &chain.timestamps).map(|it| it.holds).collect();
    assert_eq!(stamps, [true, true, true, true, true, false], "{report:#?}");
}

/// A tree that is too large for the memory, put together from its blocks, leads every digest to the same root.
#[test]
fn blocks_are_parts_of_the_whole_tree() {
    for count in [1, 2, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 3, 3 * BLOCK + 1000] {
        let data = data(count);
        let whole = tree(Sha256, &data);
        let mut leaves: Vec<Digest> = data.iter().map(|data| Digest::of(Sha256, data)).collect();
        leaves.sort_by(|one, other| one.value().cmp(other.value()));
        let blocks: Vec<DigestTree> = leaves
            .chunks(BLOCK)
            .map(|leaves| DigestTree::new(Sha256, leaves.iter().cloned()).unwrap())
            .collect();
        let roots: Vec<u8> =
            blocks.iter().flat_map(|block| block.root().unwrap().value().to_vec()).collect();
        let upper = DigestTree::over_blocks(Sha256, roots).unwrap();
        assert_eq!(upper.root().unwrap(), whole.root().unwrap(), "{count}");
        for at in [0, count / 2, count - 1] {
            let (leaf, number) = (&leaves[at], at / BLOCK);
            let lists = blocks[number].reduced_in_block(leaf, number, &upper).unwrap();
            assert_eq!(lists, whole.reduced(leaf).unwrap(), "{at} of {count}");
        }
    }
    assert!(DigestTree::over_blocks(Sha256, vec![0; 33]).is_err());
    assert!(DigestTree::over_blocks(Sha256, Vec::new()).is_err());
}

/// What a TSA's issuer says of it, in the record itself, is enough for whoever verifies it later.
#[test]
fn validation_data_in_a_record_are_used() {
    let data = data(3);
    let tree = tree(Sha256, &data);
    let token = stamped(&tree, "rsa");
    let lists = tree.reduced(&Digest::of(Sha256, &data[0])).unwrap();
    let stamp = ArchiveStamp::new(Sha256, lists, token.der().to_vec());
    assert_eq!(ArchiveStamp::read(stamp.der()).unwrap().1.der(), stamp.der());
    let record = |stamp: ArchiveStamp| {
        let chain = EvidenceChain { algorithm: Sha256, stamps: vec![stamp] };
        EvidenceRecord::of(vec![chain]).unwrap()
    };
    let asking = |record: &EvidenceRecord| {
        let mut settings = settings(later());
        settings.revocation = RevocationDemand::Asked;
        verify_evidence(&record.to_der(), &[&data[0]], &settings)
    };
    let without = asking(&record(stamp.clone()));
    assert_eq!(without.sub_indication, Some(SubIndication::TryLater), "{without:#?}");
    let list = TSA.list_in_days(0);
    let more = Augmentation { certificates: Vec::new(), lists: vec![&list], answers: Vec::new() };
    let with = record(stamp.with_validation_data(Sha256, &more).unwrap());
    assert_eq!(asking(&with).indication, Indication::Passed, "{:#?}", asking(&with));
    assert!(EvidenceRecord::of(Vec::new()).is_err());
}

#[test]
fn a_group_is_proven_as_one() {
    let data = [b"one".to_vec(), b"two".to_vec()];
    let records = records(&data);
    let group: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
    let verify = |data: &[&[u8]]| verify_evidence(&records[0].to_der(), data, &settings(later()));
    assert_eq!(verify(&group).indication, Indication::Passed);
    assert_eq!(verify(&[b"one", b"three"]).indication, Indication::Failed);
    assert_eq!(verify(&[]).sub_indication, Some(SubIndication::SignedDataNotFound));
}

#[test]
fn authorities_that_nobody_trusts_and_times_to_come_prove_nothing() {
    let data = data(2);
    let record = &records(&data)[0];
    let verify =
        |settings: &VerifySettings| verify_evidence(&record.to_der(), &[&data[0]], settings);
    let nobody = verify(&VerifySettings::new(Vec::new(), later()));
    assert_eq!(nobody.sub_indication, Some(SubIndication::NoCertificateChainFound));
    assert_eq!(nobody.proven_time, None);
    let asked = verify(&VerifySettings::new(anchors(&TSA.root()), later()));
    assert_eq!(asked.sub_indication, Some(SubIndication::TryLater));
    let early = verify(&settings(TSA.now().plus_ms(-86_400_000)));
    assert_eq!(early.sub_indication, Some(SubIndication::SigConstraintsFailure));
}

#[test]
fn no_octet_of_a_record_can_be_changed() {
    let data = data(3);
    let all = renewed(records(&data), &data, Renewal::Time, "ec");
    let all = renewed(all, &data, Renewal::Hash(Sha512), "ec");
    let der = all[1].to_der();
    let good = verify_evidence(&der, &[&data[1]], &settings(later()));
    assert_eq!(good.indication, Indication::Passed);
    let mut passed = BTreeSet::new();
    for at in (0..der.len()).step_by(13) {
        let mut changed = der.clone();
        changed[at] ^= 1 << (at % 7);
        let report = verify_evidence(&changed, &[&data[1]], &settings(later()));
        if report.indication == Indication::Passed {
            assert_eq!(report, good, "changed at {at}");
            passed.insert(at);
        }
        let cut = verify_evidence(&der[..at], &[&data[1]], &settings(later()));
        assert_eq!(cut.indication, Indication::Failed, "cut at {at}");
    }
    // the list of algorithms says nothing that the chains do not say; nothing is over the last timestamp, and what its
    // authority did not sign of it says nothing either
    let token = all[1].chains().last().unwrap().stamps[0].path().token.as_slice();
    let last =
        (0..=der.len() - token.len()).rev().find(|at| der[*at..].starts_with(token)).unwrap();
    let free: BTreeSet<usize> = (0..40).chain(last..der.len()).collect();
    assert!(passed.is_subset(&free), "{passed:?}");
}

#[test]
fn hostile_records_are_refused_before_they_cost_much() {
    let data = data(1);
    let der = records(&data)[0].to_der();
    for (record, said) in [
        (vec![0; 9 << 20], "more than"),
        (Vec::new(), "no evidence record"),
        (b"<EvidenceRecord/>".to_vec(), "no evidence record"),
        ([der.as_slice(), &[0]].concat(), "no evidence record"),
        (vec![0x30, 0x80, 0, 0], "no evidence record"),
    ] {
        let fault = EvidenceRecord::read(&record).unwrap_err().to_string();
        assert!(fault.contains(said), "{fault}");
    }
}
