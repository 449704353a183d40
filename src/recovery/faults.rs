//! A disk that fails at every step of a run, and what comes back from it.

use std::sync::Arc;
use std::time::Duration;

use sfund_engine::event::Event;
use sfund_engine::id::Sequence;
use sfund_engine::reject::Reject;
use sfund_engine::trading::side::Side;

use crate::fixture::{ALICE, CAROL, Server, attempt, cents, disk, order, place, start, units};
use crate::journal::memory::{Disk, FaultPlan};
use crate::journal::{Error as JournalError, Journal, Reader as _};
use crate::recovery::{recover, take_snapshot, verify};
use crate::sequencer::{Fatal, Submission, SubmitError};

/// Commands of one run.
const COMMANDS: u8 = 10;

/// What was answered to an attempt.
type Answered = (Sequence, Result<Vec<Event>, Reject>);

/// Orders that trade, and some that the market refuses.
fn command(number: u8) -> Submission {
    let whole = if number % 4 == 3 { 2_000_000 } else { u64::from(number) + 1 };
    let (party, side) =
        if number.is_multiple_of(2) { (ALICE, Side::Sell) } else { (CAROL, Side::Buy) };
    attempt(number, place(order(party, side, cents(100), units(whole))))
}

async fn submit(server: &Server, number: u8) -> Result<(bool, Answered), SubmitError> {
    let answer = server.sequencer.handle().submit(command(number)).await?;
    let outcome = answer.outcome().map(<[Event]>::to_vec).map_err(|reject| *reject);
    Ok((answer.repeated(), (answer.sequence(), outcome)))
}

/// A venue ready to trade on a new disk, and the bytes that it takes.
async fn venue() -> (Disk, Server, usize) {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    let blocks = disk.read(Sequence::ZERO, usize::MAX).unwrap();
    let bytes = blocks.iter().map(|block| block.frame().len()).sum();
    (disk, server, bytes)
}

/// Runs until the disk fails; what was answered, and whether it did.
async fn run(disk: &Disk, server: Server, faults: FaultPlan) -> (Vec<Answered>, bool) {
    disk.set_faults(faults);
    let mut answered = Vec::new();
    let mut failed = false;
    for number in 0..COMMANDS {
        match submit(&server, number).await {
            Ok((repeated, answer)) => {
                assert!(!failed && !repeated, "{faults:?}: after a failure nothing is answered");
                answered.push(answer);
            }
            Err(error) => {
                assert_eq!(error, SubmitError::Stopping, "{faults:?}");
                failed = true;
            }
        }
    }
    server.sequencer.stop();
    let fatal = server.fatal.lock().unwrap();
    match fatal.as_slice() {
        [] => assert!(!failed),
        [Fatal::Write(why @ JournalError::Io { .. })] => {
            assert!(failed && why.to_string().contains("look at the disk"), "{why}");
        }
        other => panic!("{faults:?}: {other:?}"),
    }
    (answered, failed)
}

/// The power goes too, and the disk is well again: all that was answered is there, and the rest
/// either is or is not.
async fn restart(disk: &Disk, kept_count: usize, answered: &[Answered]) {
    disk.set_faults(FaultPlan::default());
    disk.crash(kept_count);
    let reader = disk.open().unwrap().reader;
    let report = verify(&reader, |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let recovered = recover(&reader, |_| {}).unwrap();
    assert_eq!(recovered.projection.market().digest(), *report.market.as_bytes());
    let newest = answered.last().map_or(Sequence::ZERO, |(sequence, _)| *sequence);
    assert!(newest <= recovered.head.sequence);
    let server = start(disk);
    for number in 0..COMMANDS {
        let (repeated, answer) = submit(&server, number).await.unwrap();
        if let Some(before) = answered.get(usize::from(number)) {
            assert!(repeated, "attempt {number} has one effect");
            assert_eq!(answer, *before);
        }
    }
    server.sequencer.stop();
}

/// At every step until none fails; how many failed.
async fn at_every_step(plan: impl Fn(u64, usize) -> FaultPlan) -> u64 {
    for kept_count in [0, 1] {
        let mut step = 0;
        loop {
            let (disk, server, bytes) = venue().await;
            let (answered, failed) = run(&disk, server, plan(step, bytes)).await;
            restart(&disk, kept_count, &answered).await;
            if !failed {
                assert_eq!(answered.len(), usize::from(COMMANDS));
                break;
            }
            assert!(answered.len() < usize::from(COMMANDS));
            step += 1;
        }
        if kept_count == 1 {
            return step;
        }
    }
    unreachable!("the last is counted")
}

#[tokio::test]
async fn a_failed_append_at_any_step_loses_nothing_that_was_answered() {
    let none = FaultPlan::default();
    let steps = at_every_step(|step, _| FaultPlan { append_fails: Some(step), ..none }).await;
    assert_eq!(steps, u64::from(COMMANDS));
}

#[tokio::test]
async fn a_failed_sync_at_any_step_loses_nothing_that_was_answered() {
    let none = FaultPlan::default();
    let steps = at_every_step(|step, _| FaultPlan { sync_fails: Some(step), ..none }).await;
    assert_eq!(steps, u64::from(COMMANDS));
}

#[tokio::test]
async fn a_disk_full_at_any_byte_loses_nothing_that_was_answered() {
    let plan = |step: u64, bytes: usize| {
        let more = usize::try_from(step).unwrap() * 60;
        FaultPlan { disk_bytes_max: Some(bytes + more), ..FaultPlan::default() }
    };
    assert!(u64::from(COMMANDS) < at_every_step(plan).await);
}

#[tokio::test]
async fn a_slow_disk_changes_no_answer() {
    let slow = FaultPlan { sync_takes: Duration::from_millis(5), ..FaultPlan::default() };
    let mut runs = Vec::new();
    for faults in [FaultPlan::default(), slow] {
        let (disk, server, _) = venue().await;
        let (answered, failed) = run(&disk, server, faults).await;
        assert!(!failed);
        restart(&disk, 0, &answered).await;
        runs.push(answered);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_bad_read_at_any_step_is_found_and_nothing_is_guessed() {
    let (disk, server, _) = venue().await;
    run(&disk, server, FaultPlan::default()).await;
    let Journal { reader, mut snapshots, .. } = disk.open().unwrap();
    take_snapshot(&reader, snapshots.as_mut(), 2).unwrap();
    let server = start(&disk);
    for number in 100..110 {
        let (repeated, _) = submit(&server, number).await.unwrap();
        assert!(!repeated);
    }
    server.sequencer.stop();
    disk.set_faults(FaultPlan::default());
    let sound = recover(&reader, |_| {}).unwrap();
    let reads = disk.reads_count();
    assert!(10 < reads);
    for step in 0..reads {
        let short = FaultPlan { read_short: Some((step, 40)), ..FaultPlan::default() };
        let flip = FaultPlan { read_flips: Some((step, 901)), ..FaultPlan::default() };
        for faults in [short, flip] {
            disk.set_faults(faults);
            let Err(error) = recover(&reader, |_| {}) else { panic!("{faults:?} is not found") };
            let why = crate::cause(&error);
            assert!(why.contains("restore a backup"), "{faults:?}: {why}");
            disk.set_faults(FaultPlan::default());
            let again = recover(&reader, |_| {}).unwrap();
            assert_eq!(again.head, sound.head);
            let digest = again.projection.market().digest();
            assert_eq!(digest, sound.projection.market().digest());
        }
    }
}

#[tokio::test]
async fn a_snapshot_that_cannot_be_stored_costs_nothing_but_time() {
    let (disk, server, _) = venue().await;
    run(&disk, server, FaultPlan::default()).await;
    let Journal { reader, mut snapshots, .. } = disk.open().unwrap();
    disk.set_faults(FaultPlan { snapshot_fails: Some(0), ..FaultPlan::default() });
    assert!(take_snapshot(&reader, snapshots.as_mut(), 2).is_err());
    assert!(reader.snapshots().unwrap().is_empty());
    let replayed = recover(&reader, |_| {}).unwrap();
    let (head, digest) = take_snapshot(&reader, snapshots.as_mut(), 2).unwrap();
    assert_eq!((head, digest), (replayed.head, replayed.projection.market().digest()));
    let reader = Arc::clone(&reader);
    assert_eq!(recover(&reader, |_| {}).unwrap().snapshot, head.sequence);
}
