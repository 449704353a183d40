//! The sequencer on a fake disk, with a clock that is moved by hand.

use std::sync::Arc;
use std::task::Poll;

use sfund_engine::amount::Money;
use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::event::Event;
use sfund_engine::id::Sequence;
use sfund_engine::reject::Reject;
use sfund_engine::trading::order::{Closing, TimeInForce};
use sfund_engine::trading::place_order::PlaceOrder;
use sfund_engine::trading::side::Side;
use tokio::sync::mpsc;

use crate::fixture::{
    ALICE, CAROL, FUND, attempt, cents, disk, open_venue, opening, order, place, start, start_with,
    units,
};
use crate::journal::memory::FaultPlan;
use crate::recovery::audit;
use crate::sequencer::{Answer, Fatal, Limits, Mode, Submission, SubmitError};

fn sell(price: u64, whole: u64) -> Submission {
    place(order(ALICE, Side::Sell, cents(price), units(whole)))
}

fn buy(price: u64, whole: u64) -> Submission {
    place(order(CAROL, Side::Buy, cents(price), units(whole)))
}

fn dry(submission: Submission) -> Submission {
    Submission { mode: Mode::DryRun, ..submission }
}

/// Polls a future once.
async fn poll_once<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let mut future = Some(future);
    std::future::poll_fn(|context| {
        let polled = future.take().map(|future| future.poll(context));
        Poll::Ready(match polled {
            Some(Poll::Ready(value)) => Some(value),
            Some(Poll::Pending) | None => None,
        })
    })
    .await
}

#[tokio::test]
async fn an_answer_leaves_only_after_its_block_is_synced_and_a_dry_runs_too() {
    let server = start(&disk());
    server.set_up().await;
    let handle = server.sequencer.handle();
    server.gate.close();
    let mut real = Box::pin(handle.submit(sell(100, 10)));
    let mut dry_run = Box::pin(handle.submit(dry(buy(100, 10))));
    assert!(poll_once(real.as_mut()).await.is_none());
    assert!(poll_once(dry_run.as_mut()).await.is_none());
    server.gate.holds().await;
    assert!(poll_once(real.as_mut()).await.is_none());
    assert!(poll_once(dry_run.as_mut()).await.is_none());
    let newest = server.sequencer.live().durable();
    server.gate.open();
    let (real, dry_run) = (real.await.unwrap(), dry_run.await.unwrap());
    assert_eq!(real.sequence(), newest.next());
    // The dry run met the order that was not durable when it was judged, so it waited for it.
    let events = dry_run.outcome().unwrap();
    assert!(events.iter().any(|event| matches!(event, Event::Traded(_))), "{events:?}");
    server.sequencer.stop();
}

#[tokio::test]
async fn a_dry_run_answers_what_the_command_would_and_leaves_nothing() {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    let handle = server.sequencer.handle();
    handle.submit(sell(100, 10)).await.unwrap();
    for command in [buy(100, 4), buy(101, 100), buy(1, 0), sell(99, 2_000_000)] {
        let trial = handle.submit(dry(command.clone())).await.unwrap();
        let real = handle.submit(command).await.unwrap();
        assert_eq!(trial.outcome(), real.outcome());
        assert_eq!(trial.sequence().next(), real.sequence());
        assert!(trial.entry().is_none() && real.entry().is_some());
    }
    server.sequencer.stop();
    let journal = disk.open().unwrap();
    assert_eq!(journal.reader.newest().sequence.number(), 10 + 1 + 4);
}

#[tokio::test]
async fn the_same_attempt_has_the_same_answer_also_after_a_restart() {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    let accepted = attempt(1, sell(100, 10));
    let refused = attempt(2, sell(100, 2_000_000));
    let handle = server.sequencer.handle();
    let first = handle.submit(accepted.clone()).await.unwrap();
    let no = handle.submit(refused.clone()).await.unwrap();
    assert!(first.outcome().is_ok() && no.outcome().is_err());
    let same = |again: &Answer, answer: &Answer| {
        assert!(again.repeated() && !answer.repeated());
        assert_eq!(again.sequence(), answer.sequence());
        assert_eq!(again.at(), answer.at());
        assert_eq!(again.outcome(), answer.outcome());
    };
    same(&handle.submit(accepted.clone()).await.unwrap(), &first);
    // The id with another body is refused, and that leaves no entry.
    let other = Submission { command: sell(101, 10).command, ..attempt(1, sell(101, 10)) };
    let reused = handle.submit(other).await.unwrap();
    assert_eq!(reused.outcome(), Err(&Reject::AttemptReused {}));
    assert!(reused.entry().is_none());
    server.sequencer.stop();

    let limits = Limits { recent_blocks_max: 0, ..Limits::default() };
    let server = start_with(&disk, limits);
    let handle = server.sequencer.handle();
    same(&handle.submit(accepted.clone()).await.unwrap(), &first);
    same(&handle.submit(refused).await.unwrap(), &no);
    same(&handle.submit(dry(accepted)).await.unwrap(), &first);
    server.sequencer.stop();
}

#[tokio::test]
async fn an_attempt_sent_twice_in_one_batch_has_one_effect() {
    let server = start(&disk());
    server.set_up().await;
    let handle = server.sequencer.handle();
    server.gate.close();
    let (answers, mut answered) = mpsc::channel(8);
    handle.submit_to(sell(99, 1), 0, &answers).unwrap();
    server.gate.holds().await;
    for tag in 1..=3 {
        handle.submit_to(attempt(1, sell(100, 10)), tag, &answers).unwrap();
    }
    server.gate.open();
    let mut sequences = Vec::new();
    for tag in 0..=3 {
        let (tagged, answer) = answered.recv().await.unwrap();
        assert_eq!(tagged, tag);
        sequences.push((answer.sequence().number(), answer.repeated()));
    }
    assert_eq!(sequences, [(11, false), (12, false), (12, true), (12, true)]);
    server.sequencer.stop();
}

#[tokio::test]
async fn a_full_queue_turns_commands_away_at_once() {
    let limits = Limits { queue_commands_max: 2, batch_commands_max: 1, ..Limits::default() };
    let server = start_with(&disk(), limits);
    server.set_up().await;
    let handle = server.sequencer.handle();
    server.gate.close();
    let (answers, mut answered) = mpsc::channel(1_000);
    let mut taken = 0;
    let error = loop {
        match handle.submit_to(sell(100, 1), taken, &answers) {
            Ok(()) => taken += 1,
            // The engine thread takes what it can until the writer's door is shut.
            Err(error) if handle.queue_commands() == 2 && 5 <= taken => break error,
            Err(SubmitError::QueueFull) => tokio::task::yield_now().await,
            Err(SubmitError::Stopping) => panic!("it does not stop"),
        }
    };
    assert_eq!(error, SubmitError::QueueFull);
    server.gate.open();
    for tag in 0..taken {
        assert_eq!(answered.recv().await.unwrap().0, tag);
    }
    server.sequencer.stop();
}

#[tokio::test]
async fn without_a_place_for_the_answer_a_command_is_not_taken() {
    let server = start(&disk());
    server.set_up().await;
    let handle = server.sequencer.handle();
    server.gate.close();
    let (answers, mut answered) = mpsc::channel(1);
    handle.submit_to(sell(100, 1), 7, &answers).unwrap();
    assert_eq!(handle.submit_to(sell(100, 1), 8, &answers), Err(SubmitError::QueueFull));
    server.gate.open();
    assert_eq!(answered.recv().await.unwrap().0, 7);
    server.sequencer.stop();
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_answered_or_published() {
    for faults in [
        FaultPlan { sync_fails: Some(0), ..FaultPlan::default() },
        FaultPlan { append_fails: Some(0), ..FaultPlan::default() },
    ] {
        let disk = disk();
        let server = start(&disk);
        server.set_up().await;
        let handle = server.sequencer.handle();
        let last = handle.submit(sell(100, 1)).await.unwrap();
        server.reach(&last).await;
        disk.set_faults(faults);
        let answer = handle.submit(sell(100, 2)).await;
        assert_eq!(answer.unwrap_err(), SubmitError::Stopping);
        assert_eq!(handle.submit(sell(100, 3)).await.unwrap_err(), SubmitError::Stopping);
        assert_eq!(server.sequencer.read().newest().sequence, last.sequence());
        server.sequencer.stop();
        let fatal = server.fatal.lock().unwrap();
        assert!(matches!(fatal.as_slice(), [Fatal::Write(_)]), "{fatal:?}");
    }
}

#[tokio::test]
async fn an_order_that_is_due_expires_before_a_later_command_could_meet_it() {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    let handle = server.sequencer.handle();
    let expires = opening().plus_seconds(60);
    let dated = PlaceOrder {
        time_in_force: TimeInForce::GoodTill(expires),
        ..order(ALICE, Side::Sell, cents(100), units(10))
    };
    let placed = handle.submit(place(dated)).await.unwrap();
    assert!(placed.outcome().is_ok(), "{:?}", placed.outcome());

    server.clock.set(expires);
    let trial = handle.submit(dry(buy(100, 10))).await.unwrap();
    let taken = handle.submit(buy(100, 10)).await.unwrap();
    for answer in [&trial, &taken] {
        let events = answer.outcome().unwrap();
        assert!(!events.iter().any(|event| matches!(event, Event::Traded(_))), "{events:?}");
    }
    let journal = disk.open().unwrap();
    let entries = audit(journal.reader.as_ref(), placed.sequence().next(), 10).unwrap();
    let commands: Vec<_> =
        entries.iter().map(|(_, entry, _)| entry.command.kind().name()).collect();
    assert_eq!(commands, ["Advance", "PlaceOrder"]);
    assert!(entries[0].1.at < entries[1].1.at && expires <= entries[0].1.at);
    server.sequencer.stop();
}

#[tokio::test]
async fn an_idle_market_advances_when_something_is_due() {
    let server = start(&disk());
    server.set_up().await;
    let expires = opening().plus_seconds(60);
    let dated = PlaceOrder {
        time_in_force: TimeInForce::GoodTill(expires),
        ..order(ALICE, Side::Sell, cents(100), units(10))
    };
    let placed = server.sequencer.handle().submit(place(dated)).await.unwrap();
    server.clock.set(expires);
    server.sequencer.handle().wake();
    let read = server.sequencer.read();
    let wait = std::time::Duration::from_secs(30);
    read.reached(placed.sequence().next(), wait).await.unwrap();
    let Ok([Event::OrderPlaced(fact), ..]) = placed.outcome() else { panic!("it was placed") };
    assert_eq!(read.order(fact.order).unwrap().closed, Some(Closing::Expired));
    server.sequencer.stop();
}

#[tokio::test]
async fn time_stands_never_still_and_goes_never_back() {
    let server = start(&disk());
    server.set_up().await;
    let handle = server.sequencer.handle();
    let mut last = handle.submit(sell(100, 1)).await.unwrap().at();
    for set in [opening(), opening().minus_seconds(3_600), opening().plus_seconds(1)] {
        server.clock.set(set);
        for _ in 0..2 {
            let at = handle.submit(sell(100, 1)).await.unwrap().at();
            assert!(last < at && set <= at);
            last = at;
        }
    }
    server.sequencer.stop();
}

#[tokio::test]
async fn a_stop_answers_what_was_taken_and_takes_nothing_more() {
    let disk = disk();
    let server = start(&disk);
    server.set_up().await;
    let handle = server.sequencer.handle();
    let (answers, mut answered) = mpsc::channel(5_000);
    for tag in 0..3_000 {
        handle.submit_to(sell(100, 1), tag, &answers).unwrap();
    }
    let read = server.sequencer.read();
    server.sequencer.stop();
    assert_eq!(handle.submit(sell(100, 1)).await.unwrap_err(), SubmitError::Stopping);
    drop(answers);
    for tag in 0..3_000 {
        assert_eq!(answered.recv().await.unwrap().0, tag);
    }
    assert_eq!(read.newest().sequence, Sequence::new(10 + 3_000));
    assert_eq!(disk.open().unwrap().reader.newest().sequence, Sequence::new(10 + 3_000));
}

#[tokio::test]
async fn the_read_models_say_what_the_market_says() {
    let server = start(&disk());
    server.set_up().await;
    let handle = server.sequencer.handle();
    let iceberg =
        PlaceOrder { peak: units(10), ..order(ALICE, Side::Sell, cents(150), units(100)) };
    handle.submit(place(iceberg)).await.unwrap();
    handle.submit(sell(151, 7)).await.unwrap();
    let taken = handle.submit(buy(150, 25)).await.unwrap();
    server.reach(&taken).await;
    let read = server.sequencer.read();
    let asks: Vec<_> =
        read.depth(FUND).asks.iter().map(|level| (level.price, level.units)).collect();
    assert_eq!(asks, [(cents(150), units(5)), (cents(151), units(7))]);
    let fund = read.fund(FUND).unwrap();
    assert_eq!((fund.best_ask, fund.best_bid), (Some(cents(150)), None));
    assert_eq!(fund.fund.last_price, Some(cents(150)));
    assert_eq!(fund.volume.units, units(25));
    assert_eq!(fund.volume.cash, Money::from_fen(3_750));

    let Ok([Event::OrderPlaced(placed), ..]) = taken.outcome() else { panic!("it was placed") };
    let filled = read.order(placed.order).unwrap();
    assert_eq!(filled.closed, Some(Closing::Filled));
    assert_eq!((filled.filled, filled.left), (units(25), units(0)));
    assert_eq!((filled.cash, filled.hold), (Money::from_fen(3_750), Money::ZERO));
    let open = read.orders_open(ALICE, Default::default(), &crate::read::page::Ask::first());
    assert_eq!(open.rows.len(), 2);
    assert_eq!(open.rows[0].filled, units(25));

    let lines = read.register_lines(ALICE, FUND, &crate::read::page::Ask::first()).rows;
    assert_eq!(lines[0].before.offered, lines[0].after.offered.plus(units(5)));
    let holding = read.holding(ALICE, FUND).unwrap();
    assert_eq!(crate::read::views::Buckets::of(&holding), lines[0].after);
    let cash = read.cash(CAROL, fund.fund.details.currency).unwrap();
    let fees: i64 = read
        .trades_of_party(CAROL, &crate::read::page::Ask::first())
        .rows
        .iter()
        .map(|view| view.deal.buyer_fee().fen())
        .sum();
    assert_eq!(cash.available.fen(), 10_000_000_000 - 3_750 - fees);
    assert_eq!((cash.held, filled.fees.fen()), (Money::ZERO, fees));
    assert_eq!(read.party_of_code("CAROL"), Some(CAROL));
    assert_eq!(read.key(&[0; 32]).map(|key| key.party), Some(crate::fixture::OPERATOR));
    server.sequencer.stop();
}

#[tokio::test]
async fn the_first_command_opens_the_venue() {
    let server = start(&disk());
    let handle = server.sequencer.handle();
    let early = handle.submit(sell(100, 1)).await.unwrap();
    assert_eq!(early.outcome(), Err(&Reject::VenueNotOpen {}));
    let command = Command::OpenVenue(Box::new(open_venue()));
    let open = Submission { caller: Caller::Venue, attempt: None, command, mode: Mode::Commit };
    let opened = Arc::new(handle.submit(open).await.unwrap());
    assert!(opened.outcome().is_ok());
    server.reach(&opened).await;
    assert!(server.sequencer.read().venue().is_some());
    server.sequencer.stop();
}

/// A clock that runs on each time somebody looks at it.
struct RunningClock(std::sync::atomic::AtomicU64);

impl crate::sequencer::Clock for RunningClock {
    fn now(&self) -> sfund_engine::time::Time {
        let nanos = self.0.fetch_add(1_000_000_000, std::sync::atomic::Ordering::SeqCst);
        sfund_engine::time::Time::from_nanos(nanos)
    }

    fn until(&self, _due: sfund_engine::time::Time) -> std::time::Duration {
        std::time::Duration::from_secs(3_600)
    }
}

#[tokio::test]
async fn no_deadline_slips_between_two_looks_at_the_clock() {
    let disk = disk();
    let crate::journal::Journal { writer, reader, .. } = disk.open().unwrap();
    let projection = crate::recovery::recover(&reader, |_| {}).unwrap().projection;
    let clock = Arc::new(RunningClock(opening().nanos().into()));
    let parts = crate::sequencer::Parts { writer, reader: Arc::clone(&reader), projection };
    let on_fatal = Arc::new(|error: Fatal| panic!("{error}"));
    let sequencer =
        crate::sequencer::Sequencer::start(parts, clock, Limits::default(), on_fatal).unwrap();
    let handle = sequencer.handle();
    for (caller, command) in crate::fixture::setup() {
        let submission = Submission { caller, attempt: None, command, mode: Mode::Commit };
        handle.submit(submission).await.unwrap();
    }
    for number in 0..200 {
        let dated = PlaceOrder {
            time_in_force: TimeInForce::GoodTill(opening().plus_seconds(40 + number * 3)),
            ..order(ALICE, Side::Sell, cents(100), units(1))
        };
        handle.submit(place(dated)).await.unwrap();
    }
    sequencer.stop();
    let report = crate::recovery::verify(&reader, |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert!(0 < report.advances);
}
