//! The end of a run: the storm is over, everyone is answered, and all is compared with all.

use std::fmt::Debug;

use sfund_engine::id::{FundId, PartyId};
use sfund_engine::registry::fund::Currency;

use crate::journal::Cursor;
use crate::published::Block;
use crate::read::page::Ask;
use crate::read::projection::Projection;
use crate::read::{OrderFilter, Read};
use crate::recovery::{recover, verify};
use crate::simulation::audit::{Failure, ensure};
use crate::simulation::world::World;

/// Rounds after which whoever asks again and again must be answered.
const ROUNDS_MAX: usize = 20;

/// Ends a run.
pub(super) fn finish(world: &mut World<'_>) -> Result<(), Failure> {
    world.mood.lock().unwrap().dies = None;
    world.clock.set(world.now);
    for _ in 0..ROUNDS_MAX {
        settle(world)?;
        let open: Vec<usize> = world.unanswered().collect();
        if open.is_empty() {
            break;
        }
        for intent in open {
            world.request(intent)?;
            world.work_off()?;
            world.deliver_all()?;
        }
    }
    let open = world.unanswered().next().map(|at| &world.intents[at].submission);
    ensure(open.is_none(), || format!("never answered: {open:?}"))?;
    let overdue = world.audit.market.next_deadline().filter(|due| *due <= world.now);
    ensure(overdue.is_none(), || format!("nothing happened at {overdue:?}"))?;
    ask_again(world)?;
    compare_read_models(world)?;
    for reader in 0..world.watchers.len() {
        let server = world.server.as_ref().ok_or("the server is gone")?;
        let live = server.stepped.live();
        let newest = world.audit.head.sequence;
        while world.watchers[reader].newest() < newest {
            let (watcher, seen) = (&mut world.watchers[reader], &mut world.seen);
            watcher.watch(world.runtime, &live, &world.audit, u8::MAX, seen)?;
        }
    }
    world.stop()?;
    verify_all(world)
}

/// Lets everything that is on the way arrive, and be worked off.
fn settle(world: &mut World<'_>) -> Result<(), Failure> {
    if world.server.is_none() {
        world.start()?;
    }
    if let Some(server) = &world.server {
        server.stepped.handle().wake();
    }
    world.work_off()?;
    world.deliver_all()
}

/// Every attempt, asked again, has the answer that it had; refusals too.
fn ask_again(world: &mut World<'_>) -> Result<(), Failure> {
    for at in 0..world.intents.len() {
        let intent = &world.intents[at];
        if let (Some(told), Some(attempt)) = (intent.told, intent.submission.attempt)
            && world.is_fresh(intent)
        {
            let kept = world.audit.attempts.get(&(intent.submission.caller, attempt.id));
            let kept = kept.filter(|(_, other)| *other == attempt.fingerprint);
            ensure(told == kept.map(|(sequence, _)| *sequence), || {
                format!("{:?} was answered by {told:?}, kept is {kept:?}", intent.submission)
            })?;
            // The clients compare what they hear.
            world.request(at)?;
            world.work_off()?;
            world.deliver_all()?;
        }
    }
    Ok(())
}

/// The read models are those that the journal makes from its beginning.
fn compare_read_models(world: &World<'_>) -> Result<(), Failure> {
    let server = world.server.as_ref().ok_or("the server is gone")?;
    let mut fresh = Projection::new();
    let genesis = server.reader.identity().genesis();
    let mut cursor = Cursor::new(server.reader.clone(), genesis);
    for block in cursor.advance(usize::MAX).map_err(|error| format!("{error:?}"))? {
        fresh.apply(&Block::decode(&block).map_err(|error| format!("{error:?}"))?);
    }
    let served = server.stepped.projection();
    same("digest", &served.market().digest(), &fresh.market().digest())?;
    same("digest", &server.stepped.market().digest(), &fresh.market().digest())?;
    ensure(served.encode_history() == fresh.encode_history(), || "history differs".to_owned())?;
    compare_rows(&server.stepped.read(), &fresh)
}

fn same<T: PartialEq + Debug>(what: &str, served: &T, fresh: &T) -> Result<(), Failure> {
    ensure(served == fresh, || format!("{what} served {served:?}, folded {fresh:?}"))
}

fn compare_rows(served: &Read, fresh: &Projection) -> Result<(), Failure> {
    let folded = &fresh.read();
    let all = &Ask::after(u64::MAX, 1_000);
    let lines = &Ask { after: None, ..*all };
    same("newest", &served.newest(), &folded.newest())?;
    same("venue", &served.venue(), &folded.venue())?;
    same("segments", &served.segments(), &folded.segments())?;
    same("houses", &served.houses(), &folded.houses())?;
    same("sweeps", &served.sweeps(), &folded.sweeps())?;
    let [one, other] = [served, folded].map(|read| read.proposals(&Ask::first()).rows);
    same("proposals", &one, &other)?;
    let [one, other] = [served, folded].map(|read| read.transfers(&Ask::first(), |_| true).rows);
    same("transfers", &one, &other)?;
    let [one, other] = [served, folded].map(|read| read.locks(&Ask::first(), |_| true).rows);
    same("locks", &one, &other)?;
    let [one, other] = [served, folded].map(|read| read.intentions(&Ask::first(), |_| true).rows);
    same("intentions", &one, &other)?;
    for (number, _) in (0..).zip(fresh.market().funds()) {
        let fund = FundId::new(number);
        same("fund", &served.fund(fund), &folded.fund(fund))?;
        let [one, other] = [served, folded].map(|read| read.depth(fund));
        same("depth", &(&one.bids, &one.asks), &(&other.bids, &other.asks))?;
        // A book that came back with a snapshot is known to stand so at the snapshot.
        let [from, at, newest] =
            [other.stamp, one.stamp, served.newest()].map(|stamp| stamp.sequence);
        ensure(from <= at && at <= newest, || {
            format!("{fund} stands so from {from} on, served as of {at}")
        })?;
        let [one, other] = [served, folded].map(|read| read.trades_of_fund(fund, lines).rows);
        same("trades", &one, &other)?;
    }
    for (number, _) in (0..).zip(fresh.market().parties()) {
        let party = PartyId::new(number);
        same("party", &served.party(party), &folded.party(party))?;
        let cash = |read: &Read| read.cash(party, Currency::CNY);
        same("cash", &cash(served), &cash(folded))?;
        let [one, other] = [served, folded].map(|read| read.holdings_of(party, &Ask::first()).rows);
        same("holdings", &one, &other)?;
        let filter = OrderFilter::default();
        let open = |read: &Read| read.orders_open(party, filter, &Ask::first()).rows;
        same("open orders", &open(served), &open(folded))?;
        let closed = |read: &Read| read.orders_closed(party, filter, lines).rows;
        same("closed orders", &closed(served), &closed(folded))?;
        let cash = |read: &Read| read.cash_lines(party, Currency::CNY, lines).rows;
        same("statement", &cash(served), &cash(folded))?;
    }
    Ok(())
}

/// What the store's own tools say of the whole journal, and what a last start brings back.
fn verify_all(world: &mut World<'_>) -> Result<(), Failure> {
    let reader = world.disk.open().map_err(|error| format!("{error:?}"))?.reader;
    let report = verify(&reader, |_| {}).map_err(|error| format!("{error:?}"))?;
    ensure(report.findings.is_empty(), || format!("verify finds {:?}", report.findings))?;
    let digest = world.audit.market.digest();
    same("verified", report.market.as_bytes(), &digest)?;
    same("verified", &report.head, &world.audit.head)?;
    let recovered = recover(&reader, |_| {}).map_err(|error| format!("{error:?}"))?;
    same("recovered", &recovered.projection.market().digest(), &digest)?;
    world.seen.entries = world.audit.head.sequence.number();
    world.seen.trades = world.audit.trades;
    world.seen.refusals = world.audit.refusals;
    world.seen.advances = world.audit.advances;
    Ok(())
}
