//! Tells a party what happens to it.
//!
//! An event of an order, a transfer, a lock or an intention names only that. Whose it is, the
//! stream knows from the event that brought it about, or from the read models where that lies
//! before the stream's beginning. What began before a stream that starts far back, and ended so
//! long ago that the read models have forgotten it, is not told.

use std::collections::{HashMap, HashSet};

use sfund_engine::event::Event;
use sfund_engine::id::{IntentionId, ListingId, LockId, OrderId, PartyId, Sequence, TransferId};
use sfund_proto::v1;
use v1::stream_my_events_response::Event as Told;

use crate::published::{Item, Run};
use crate::read::Read;
use crate::read::listings::Audience;
use crate::read::page::{Ask, PAGE_ROWS_MAX, Page};
use crate::read::views::Stamp;
use crate::service::desk::time_of;
use crate::service::feed::Teller;
use crate::wire::my_events::{Owners, mine};

/// Tells one party.
pub(crate) struct Mine {
    party: PartyId,
    belongings: Belongings,
}

/// What is the party's.
struct Belongings {
    party: PartyId,
    read: Read,
    orders: HashSet<OrderId>,
    transfers: HashSet<TransferId>,
    locks: HashSet<LockId>,
    intentions: HashSet<IntentionId>,
    /// Listings of its own, those whose confidentiality terms it accepted, and those for which it
    /// would bid.
    listings: HashMap<ListingId, Audience>,
}

impl Mine {
    pub(crate) fn new(read: Read, party: PartyId) -> Self {
        Self { party, belongings: Belongings::now(read, party) }
    }
}

impl Teller for Mine {
    type Message = v1::StreamMyEventsResponse;

    fn run(&mut self, run: &Run) -> Vec<Self::Message> {
        run.items().flat_map(|item| self.entry(&item)).collect()
    }

    fn caught_up(&mut self, sequence: Sequence) -> Vec<Self::Message> {
        vec![message(sequence, Told::CaughtUp(v1::CaughtUp {}))]
    }

    fn heartbeat(&self, sequence: Sequence) -> Self::Message {
        message(sequence, Told::Heartbeat(v1::Heartbeat {}))
    }
}

impl Mine {
    /// What the party is told of an entry.
    fn entry(&mut self, item: &Item) -> Vec<v1::StreamMyEventsResponse> {
        let Ok(happened) = item.outcome() else { return Vec::new() };
        let stamp = Stamp { sequence: item.header().sequence, at: item.header().at };
        let mut messages = Vec::new();
        for event in happened {
            self.belongings.gain(event);
            for told in mine(event, stamp, self.party, &self.belongings) {
                messages.push(v1::StreamMyEventsResponse {
                    time: time_of(stamp),
                    more: true,
                    ..message(stamp.sequence, told)
                });
            }
            self.belongings.lose(event);
        }
        if let Some(last) = messages.last_mut() {
            last.more = false;
        }
        messages
    }
}

fn message(sequence: Sequence, event: Told) -> v1::StreamMyEventsResponse {
    let sequence = sequence.number();
    v1::StreamMyEventsResponse { sequence, time: None, event: Some(event), more: false }
}

impl Belongings {
    /// What is the party's now, or was lately.
    fn now(read: Read, party: PartyId) -> Self {
        let transfers = every(|ask| read.transfers(ask, |view| view.terms.party == party));
        let settled = every(|ask| read.transfers_settled(party, ask));
        let locks = every(|ask| {
            read.locks(ask, |view| view.terms.party == party || view.terms.pledgee == Some(party))
        });
        let released = every(|ask| read.holdings_of(party, ask))
            .into_iter()
            .flat_map(|held| every(|ask| read.locks_released(party, held.fund, ask)));
        let intentions = every(|ask| read.intentions(ask, |view| view.terms.party == party));
        let listings = every(|ask| read.listings(ask, |_| true)).into_iter().filter_map(|view| {
            let accepted = || read.listing_reader(view.id, party).map(|_| Audience::Public);
            let would_bid = || read.claim(view.id, party).map(|_| Audience::Public);
            let hears = (view.listing.seller == party).then_some(Audience::Record);
            hears.or_else(accepted).or_else(would_bid).map(|hears| (view.id, hears))
        });
        Self {
            party,
            orders: HashSet::new(),
            transfers: transfers.iter().chain(&settled).map(|view| view.id).collect(),
            locks: locks.into_iter().chain(released).map(|view| view.id).collect(),
            intentions: intentions.iter().map(|view| view.id).collect(),
            listings: listings.collect(),
            read,
        }
    }

    /// Takes in what an event gives the party.
    fn gain(&mut self, event: &Event) {
        if let Event::OrderPlaced(fact) = event
            && fact.terms.party == self.party
        {
            self.orders.insert(fact.order);
        } else if let Event::TransferRequested(fact) = event
            && fact.terms.party == self.party
        {
            self.transfers.insert(fact.transfer);
        } else if let Event::UnitsLocked(fact) = event
            && (fact.terms.party == self.party || fact.terms.pledgee == Some(self.party))
        {
            self.locks.insert(fact.lock);
        } else if let Event::IntentionPosted(fact) = event
            && fact.terms.party == self.party
        {
            self.intentions.insert(fact.intention);
        } else if let Event::ListingDrafted(fact) = event
            && fact.seller == self.party
        {
            self.listings.insert(fact.listing, Audience::Record);
        } else if let Event::ConfidentialityAccepted(fact) = event
            && fact.terms.reader == self.party
        {
            self.listings.entry(fact.terms.listing).or_insert(Audience::Public);
        } else if let Event::InterestDeclared(fact) = event
            && fact.terms.party == self.party
        {
            self.listings.entry(fact.terms.listing).or_insert(Audience::Public);
        }
    }

    /// Lets go of what an event ended.
    fn lose(&mut self, event: &Event) {
        if let Event::OrderClosed(fact) = event {
            self.orders.remove(&fact.order);
        } else if let Event::TransferSettled(fact) = event {
            self.transfers.remove(&fact.transfer);
        } else if let Event::UnitsUnlocked(fact) = event {
            self.locks.remove(&fact.lock);
        } else if let Event::IntentionClosed(fact) = event {
            self.intentions.remove(&fact.intention);
        }
    }
}

impl Owners for Belongings {
    fn owns_order(&self, order: OrderId) -> bool {
        self.orders.contains(&order)
            || self.read.order(order).is_some_and(|view| view.terms.party == self.party)
    }

    fn owns_transfer(&self, transfer: TransferId) -> bool {
        self.transfers.contains(&transfer)
    }

    fn owns_lock(&self, lock: LockId) -> bool {
        self.locks.contains(&lock)
    }

    fn owns_intention(&self, intention: IntentionId) -> bool {
        self.intentions.contains(&intention)
    }

    fn hears_of_listing(&self, listing: ListingId) -> Option<Audience> {
        self.listings.get(&listing).copied()
    }

    fn read(&self) -> &Read {
        &self.read
    }
}

/// Every row of a list.
pub(crate) fn every<T, K: Clone>(page: impl Fn(&Ask<K>) -> Page<T, K>) -> Vec<T> {
    let mut rows = Vec::new();
    let mut ask = Ask { after: None, rows_max: PAGE_ROWS_MAX };
    loop {
        let Page { rows: mut more, next } = page(&ask);
        rows.append(&mut more);
        match next {
            Some(key) => ask.after = Some(key),
            None => return rows,
        }
    }
}
