//! Streams on a fake disk.

use sfund_engine::id::Sequence;
use sfund_engine::trading::side::Side;
use tokio::sync::mpsc;

use crate::fixture::{ALICE, Server, cents, disk, order, place, start, start_with, units};
use crate::published::Item;
use crate::sequencer::Limits;
use crate::stream::{Ahead, Ended, Step, Stream};

/// Takes entries up to `until`; their sequences, and how many came before the mark.
async fn take(stream: &mut Stream, until: Sequence) -> (Vec<Item>, Option<usize>) {
    let (mut items, mut mark) = (Vec::new(), None);
    while items.last().is_none_or(|item: &Item| item.header().sequence < until) {
        match stream.next().await.unwrap() {
            Step::Entry(item) => items.push(item),
            Step::CaughtUp => {
                assert_eq!(mark, None, "the mark comes once");
                mark = Some(items.len());
            }
        }
    }
    (items, mark)
}

fn assert_gapless(items: &[Item], from: u64) {
    for (expected, item) in (from..).zip(items) {
        assert_eq!(item.header().sequence, Sequence::new(expected));
    }
}

async fn sell(server: &Server) -> Sequence {
    let submission = place(order(ALICE, Side::Sell, cents(100), units(1)));
    server.sequencer.handle().submit(submission).await.unwrap().sequence()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_has_every_entry_once_while_others_write() {
    const WRITERS: u64 = 4;
    const EACH: u64 = 2_000;
    let server = start(&disk());
    server.set_up().await;
    let live = server.sequencer.live();
    let last = Sequence::new(10 + WRITERS * EACH);
    let mut readers = Vec::new();
    for from in [0, 1, 5, 11] {
        let mut stream = live.subscribe(Sequence::new(from)).unwrap();
        readers.push(tokio::spawn(async move { (from, take(&mut stream, last).await.0) }));
    }
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let handle = server.sequencer.handle();
        writers.push(std::thread::spawn(move || {
            let (answers, mut answered) = mpsc::channel(64);
            let submission = place(order(ALICE, Side::Sell, cents(100), units(1)));
            let mut sent = 0;
            for received in 0..EACH {
                while sent < EACH && handle.submit_to(submission.clone(), sent, &answers).is_ok() {
                    sent += 1;
                }
                assert_eq!(answered.blocking_recv().unwrap().0, received);
            }
        }));
    }
    // One that comes in the middle.
    let late = published(&live, 10 + EACH).await;
    let mut stream = live.subscribe(Sequence::new(1)).unwrap();
    let (items, mark) = take(&mut stream, last).await;
    assert_gapless(&items, 1);
    assert!(mark.is_none_or(|mark| late.number() <= u64::try_from(mark).unwrap()));
    assert_eq!(items.len(), usize::try_from(last.number()).unwrap());
    for reader in readers {
        let (from, items) = reader.await.unwrap();
        assert_gapless(&items, u64::max(from, 1));
        assert_eq!(items.last().unwrap().header().sequence, last);
    }
    for writer in writers {
        writer.join().unwrap();
    }
    server.sequencer.stop();
}

/// Waits until that many entries are published.
async fn published(live: &crate::stream::Live, entries: u64) -> Sequence {
    while live.newest() < Sequence::new(entries) {
        tokio::task::yield_now().await;
    }
    live.newest()
}

#[tokio::test]
async fn the_mark_comes_once_when_all_that_was_there_has_come() {
    let server = start(&disk());
    server.set_up().await;
    let live = server.sequencer.live();
    published(&live, 10).await;
    let mut stream = live.subscribe(Sequence::new(4)).unwrap();
    for expected in 4..=10 {
        let Step::Entry(item) = stream.next().await.unwrap() else { panic!("too early") };
        assert_eq!(item.header().sequence, Sequence::new(expected));
    }
    assert!(matches!(stream.next().await.unwrap(), Step::CaughtUp));
    let sequence = sell(&server).await;
    let Step::Entry(item) = stream.next().await.unwrap() else { panic!("the mark came") };
    assert_eq!((item.header().sequence, sequence), (Sequence::new(11), Sequence::new(11)));
    assert_eq!(stream.resume_from(), Sequence::new(12));
    server.sequencer.stop();
    let ended = stream.next().await.unwrap_err();
    assert!(matches!(ended, Ended::Stopping { resume_from } if resume_from.number() == 12));
}

#[tokio::test]
async fn a_slow_reader_is_cut_and_resumes_where_it_was() {
    let limits = Limits { stream_blocks_max: 4, ..Limits::default() };
    let server = start_with(&disk(), limits);
    server.set_up().await;
    let live = server.sequencer.live();
    published(&live, 10).await;
    let mut stream = live.subscribe(Sequence::new(11)).unwrap();
    assert!(matches!(stream.next().await.unwrap(), Step::CaughtUp));
    sell(&server).await;
    assert!(matches!(stream.next().await.unwrap(), Step::Entry(_)));
    for _ in 0..20 {
        sell(&server).await;
    }
    published(&live, 31).await;
    for _ in 0..2 {
        let ended = stream.next().await.unwrap_err();
        let Ended::Lagged { resume_from } = ended else { panic!("{ended}") };
        assert_eq!(resume_from, Sequence::new(12));
    }
    let mut again = live.subscribe(stream.resume_from()).unwrap();
    let (items, _) = take(&mut again, Sequence::new(31)).await;
    assert_gapless(&items, 12);
    server.sequencer.stop();
}

#[tokio::test]
async fn a_stream_does_not_begin_ahead_of_the_journal() {
    let server = start(&disk());
    server.set_up().await;
    let live = server.sequencer.live();
    let newest = published(&live, 10).await;
    assert!(live.subscribe(newest.next()).is_ok());
    let from = newest.next().next();
    assert_eq!(live.subscribe(from).err(), Some(Ahead { from, newest }));
    server.sequencer.stop();
}
