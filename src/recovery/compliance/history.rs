//! What a journal says of one listing, and what was in force when.

use std::sync::Arc;

use sfund_engine::amount::Price;
use sfund_engine::bidding::Bidding;
use sfund_engine::bidding::mode::Code;
use sfund_engine::event::Event;
use sfund_engine::id::{ListingId, PartyId};
use sfund_engine::listing::Listing;
use sfund_engine::market::Market;
use sfund_engine::policy::listing::ListingRules;
use sfund_engine::policy::overlay::StateRules;
use sfund_engine::policy::parameter::Rules as _;
use sfund_engine::policy::{JudgedBy, Pack};
use sfund_engine::registry::fund::Fund;
use sfund_engine::registry::qualify;
use sfund_engine::time::{Date, Time};

use crate::journal::{Cursor, Hash, Head, Reader};
use crate::published::Block;
use crate::recovery::book::{Error, find};
use crate::recovery::compliance::{Both, Happened, Line, Required, Verdict};
use crate::recovery::{self, STEP_BYTES};

/// An event of the listing, and where it stands.
pub(super) struct Seen {
    pub(super) sequence: u64,
    pub(super) at: Time,
    pub(super) today: Date,
    pub(super) hash: Hash,
    pub(super) event: Event,
    /// The floor after it.
    pub(super) floor: Price,
}

/// What judged the listing at some time.
pub(super) struct InForce {
    pub(super) rules: ListingRules,
    pub(super) state: Option<StateRules>,
    pub(super) judged: JudgedBy,
    pub(super) pack: Pack,
}

/// One who was let in, as the register had it then.
pub(super) struct Bidder {
    /// The event, by its place among those of the listing.
    pub(super) place: usize,
    pub(super) party: PartyId,
    pub(super) code: Code,
    /// Whether it held units of the fund already.
    pub(super) holds: bool,
    /// A4: whether its qualification was good, and what shows it.
    pub(super) is_qualified: bool,
    pub(super) evidence: Option<[u8; 32]>,
    /// A9: whether it was neither the seller nor its affiliate, nor the venue's.
    pub(super) is_free: bool,
    /// A3: holders there would be, and most there may be.
    pub(super) holders: u32,
    pub(super) cap: u32,
}

/// All of it.
pub(super) struct History {
    pub(super) listing: ListingId,
    pub(super) record: Listing,
    pub(super) bidding: Option<Bidding>,
    pub(super) fund: Fund,
    pub(super) seen: Vec<Seen>,
    /// In force at the newest announcement, or before it at the submission, or now.
    pub(super) listed: InForce,
    /// In force when bidding was opened.
    pub(super) opened: Option<InForce>,
    /// How many could bid when it was.
    pub(super) entrants: usize,
    pub(super) bidders: Vec<Bidder>,
    pub(super) head: Head,
    pub(super) at: Time,
}

impl History {
    pub(super) fn read(reader: &Arc<dyn Reader>, which: &str) -> Result<Self, Error> {
        let newest = replay(reader, |_, _, _| {})?;
        let listing = find(&newest.0, which).ok_or_else(|| Error::NoListing(which.to_owned()))?;
        let mut seen: Vec<Seen> = Vec::new();
        let (mut listed, mut opened, mut entrants) = (None, None, 0);
        let mut bidders = Vec::new();
        let (market, head) = replay(reader, |market, event, (sequence, hash)| {
            if listing_of(event) != Some(listing) {
                return;
            }
            let record = market.listing(listing).expect("events name listings that are there");
            let (at, floor) = (market.now(), record.terms.floor);
            if let Event::ListingSubmitted(_)
            | Event::ListingAnnounced(_)
            | Event::ListingRepriced(_)
            | Event::ListingChanged(_) = event
            {
                listed = in_force(market, record);
            } else if let Event::BiddingOpened(_) = event {
                opened = in_force(market, record);
                let open = market.bidding(listing).and_then(|bidding| bidding.open.as_ref());
                entrants = open.map_or(0, |open| open.lot.entrants().len());
            } else if let Event::BidderQualified(fact) = event
                && let Some(code) = fact.code
            {
                bidders.extend(bidder(market, record, (seen.len(), fact.party, code)));
            }
            let today = today(market);
            seen.push(Seen { sequence, at, today, hash, event: event.clone(), floor });
        })?;
        let record = market.listing(listing).expect("it was found").clone();
        let fund = market.fund_at(record.terms.fund).expect("a listing is of a fund").clone();
        let listed = listed.or_else(|| in_force(&market, &record));
        let listed = listed.ok_or_else(|| Error::NoRules(which.to_owned()))?;
        let bidding = market.bidding(listing).cloned();
        let at = market.now();
        Ok(Self {
            listing,
            record,
            bidding,
            fund,
            seen,
            listed,
            opened,
            entrants,
            bidders,
            head,
            at,
        })
    }

    /// In force for what concerns the bidding.
    pub(super) fn conducted(&self) -> &InForce {
        self.opened.as_ref().unwrap_or(&self.listed)
    }

    /// Under which code a party bids.
    pub(super) fn code_of(&self, party: PartyId) -> Option<Code> {
        self.bidders.iter().find(|bidder| bidder.party == party).map(|bidder| bidder.code)
    }

    /// What was not asked for: still to come, or never, if the listing is over.
    pub(super) fn pending(&self) -> Verdict {
        if self.record.stage.is_final() { Verdict::NotApplicable } else { Verdict::NotDue }
    }

    /// The events that `pick` picks, with where they stand.
    pub(super) fn all<'h, T: 'h>(
        &'h self,
        pick: impl Fn(&'h Event) -> Option<T> + 'h,
    ) -> impl Iterator<Item = (&'h Seen, T)> + 'h {
        self.seen.iter().filter_map(move |seen| pick(&seen.event).map(|fact| (seen, fact)))
    }
}

impl InForce {
    /// A line of the rule, with all that it asks.
    pub(super) fn line(&self, rule: &'static str, title: Both) -> Line {
        let mut required: Vec<Required> = Vec::new();
        let of_state = self.state.as_ref().map(StateRules::parameters).unwrap_or_default();
        let over = self.judged.overlay.as_ref();
        for (parameter, value) in self.rules.parameters() {
            let by_state = of_state.iter().any(|(one, _)| one.name == parameter.name);
            let edition = over.filter(|_| by_state).unwrap_or(&self.judged.pack).clone();
            if parameter.rule == rule {
                required.push(Required::new(parameter.name, parameter.show(value), edition));
                required.last_mut().expect("just pushed").unit = parameter.unit;
            }
        }
        for (parameter, value) in of_state {
            let told = required.iter().any(|one| one.name == parameter.name);
            if let Some(edition) = over.filter(|_| parameter.rule == rule && !told) {
                let value = parameter.show(value);
                required.push(Required::new(parameter.name, value, edition.clone()));
                required.last_mut().expect("just pushed").unit = parameter.unit;
            }
        }
        let verdict = Verdict::NotApplicable;
        Line { rule, title, required, happened: Vec::new(), verdict }
    }

    /// A value of the pack that is no parameter of listings.
    pub(super) fn of_pack(
        &self,
        name: &'static str,
        value: String,
        unit: &'static str,
    ) -> Required {
        Required { unit, ..Required::new(name, value, self.judged.pack.clone()) }
    }
}

impl Required {
    const fn new(
        name: &'static str,
        value: String,
        edition: sfund_engine::policy::PackVersion,
    ) -> Self {
        Self { name, value, unit: "", edition, class: None, source: None }
    }
}

impl Line {
    /// Notes an entry.
    pub(super) fn saw(&mut self, seen: &Seen, what: Both, evidence: Option<[u8; 32]>) {
        let Seen { sequence, at, hash, .. } = *seen;
        self.happened.push(Happened { sequence, at, hash, what, evidence });
    }

    pub(super) fn judged(mut self, verdict: Verdict) -> Self {
        self.verdict = verdict;
        self
    }
}

fn in_force(market: &Market, record: &Listing) -> Option<InForce> {
    let segment = market.fund_at(record.terms.fund)?.details.segment;
    let ownership = record.terms.ownership;
    let judged = market.judged_by(segment, ownership).ok()?;
    let state = judged.overlay.as_ref().and_then(|_| market.state_rules(segment).ok());
    Some(InForce {
        rules: market.listing_rules(segment, ownership).ok()?,
        state,
        judged,
        pack: market.segment_at(segment)?.pack.clone(),
    })
}

fn bidder(
    market: &Market,
    record: &Listing,
    (place, party, code): (usize, PartyId, Code),
) -> Option<Bidder> {
    let (buyer, seller) = (market.party_at(party)?, market.party_at(record.seller)?);
    let fund = market.fund_at(record.terms.fund)?;
    let pack = &market.segment_at(fund.details.segment)?.pack;
    let held = |party| {
        let holding = market.holding_place(party, record.terms.fund);
        holding.and_then(|place| market.holdings().get(place)).map(|holding| holding.total())
    };
    let joins = held(party).is_none_or(|held| held.e2() == 0);
    let leaves = held(record.seller) == Some(record.terms.units);
    let left = if leaves { seller.details.look_through } else { 0 };
    let joined = if joins { buyer.details.look_through } else { 0 };
    let law = fund.details.legal_form.holder_cap(&pack.holder_caps);
    Some(Bidder {
        place,
        party,
        code,
        holds: !joins,
        is_qualified: qualify::check(party, buyer, &pack.investors, today(market)).is_ok(),
        evidence: buyer.qualification.as_ref().map(|qualification| qualification.evidence),
        is_free: party != record.seller
            && buyer.group != seller.group
            && !buyer.details.role.is_staff(),
        holders: fund.holders.saturating_sub(left).saturating_add(joined),
        cap: fund.details.holder_cap.map_or(law, |agreed| agreed.min(law)),
    })
}

fn today(market: &Market) -> Date {
    let offset = market.venue().map_or(0, |venue| venue.utc_offset_minutes);
    market.now().date(offset)
}

/// Records the journal's entries, and shows each event with the market right after it.
fn replay(
    reader: &Arc<dyn Reader>,
    mut each: impl FnMut(&Market, &Event, (u64, Hash)),
) -> Result<(Market, Head), Error> {
    let mut market = Market::default();
    let mut cursor = Cursor::new(Arc::clone(reader), reader.identity().genesis());
    loop {
        let blocks = cursor.advance(STEP_BYTES)?;
        if blocks.is_empty() {
            return Ok((market, cursor.head()));
        }
        for block in &blocks {
            let decoded = Block::decode(block).map_err(recovery::Error::from)?;
            for (header, _, outcome) in decoded.entries() {
                let sequence = header.sequence;
                let head = block.head_after(sequence).expect("the entry is of this block");
                market.record_each(header, outcome.unwrap_or_default(), |market, event| {
                    each(market, event, (sequence.number(), head.hash));
                });
            }
        }
    }
}

/// Of which listing an event is, if of one.
fn listing_of(event: &Event) -> Option<ListingId> {
    match event {
        Event::ListingDrafted(fact) => Some(fact.listing),
        Event::ListingSubmitted(fact) => Some(fact.listing),
        Event::ListingReviewed(fact) => Some(fact.listing),
        Event::PartnersNotified(fact) => Some(fact.terms.listing),
        Event::FirstRefusalAnswered(fact) => Some(fact.terms.listing),
        Event::GateClosed(fact) => Some(fact.listing),
        Event::ListingAnnounced(fact) => Some(fact.listing),
        Event::ListingSuspended(fact) => Some(fact.terms.listing),
        Event::ListingResumed(fact) => Some(fact.listing),
        Event::ListingExtended(fact) => Some(fact.listing),
        Event::ListingRepriced(fact) => Some(fact.terms.listing),
        Event::ListingChanged(fact) => Some(fact.terms.listing),
        Event::ListingClosed(fact) => Some(fact.listing),
        Event::ListingEnded(fact) => Some(fact.listing),
        Event::ConfidentialityAccepted(fact) => Some(fact.terms.listing),
        Event::DocumentLookedAt(fact) => Some(fact.terms.listing),
        Event::InterestDeclared(fact) => Some(fact.terms.listing),
        Event::BidderQualified(fact) => Some(fact.listing),
        Event::DepositPaid(fact) => Some(fact.listing),
        Event::BiddingOpened(fact) => Some(fact.listing),
        Event::BiddingFailed(fact) => Some(fact.listing),
        Event::LotMoved(fact) => Some(fact.listing),
        Event::LotAwarded(fact) => Some(fact.listing),
        Event::AwardVoided(fact) => Some(fact.listing),
        Event::DepositForfeited(fact) => Some(fact.listing),
        Event::DepositsReturned(fact) => Some(fact.listing),
        Event::ContractSigned(fact) => Some(fact.terms.listing),
        Event::DealHandedOver(fact) => Some(fact.listing),
        Event::VenueOpened(_)
        | Event::SegmentOpened(_)
        | Event::PackAdopted(_)
        | Event::CalendarSet(_)
        | Event::FeesSet(_)
        | Event::KeyIssued(_)
        | Event::KeyRevoked(_)
        | Event::Proposed(_)
        | Event::ProposalClosed(_)
        | Event::PartyRegistered(_)
        | Event::Qualified(_)
        | Event::Affiliated(_)
        | Event::PartyStatusSet(_)
        | Event::FundRegistered(_)
        | Event::TermExtended(_)
        | Event::UnitsIssued(_)
        | Event::UnitsLocked(_)
        | Event::UnitsUnlocked(_)
        | Event::TransferRequested(_)
        | Event::TransferSettled(_)
        | Event::OrderPlaced(_)
        | Event::Traded(_)
        | Event::CallScheduled(_)
        | Event::CallOrderPlaced(_)
        | Event::CallOrderClosed(_)
        | Event::CallClosed(_)
        | Event::CallTraded(_)
        | Event::OrderRested(_)
        | Event::OrderClosed(_)
        | Event::OrderAmended(_)
        | Event::OrderDecremented(_)
        | Event::SweepStarted(_)
        | Event::SweepAdvanced(_)
        | Event::ReferenceSet(_)
        | Event::TradingStateSet(_)
        | Event::IntentionPosted(_)
        | Event::CounterpartySuggested(_)
        | Event::IntentionClosed(_)
        | Event::AgreementSet(_) => None,
    }
}
