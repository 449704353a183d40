//! Automatic bidding (自动报价): up to a maximum, in an auction with open ascending bids.
//!
//! [`AutoBid`] follows the lot and bids the least that is taken whenever somebody else leads. What
//! it does next follows from the lot alone, so it may stop at any moment and be started again.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use sfund_engine::amount::{Money, Price, Units};
use sfund_engine::bidding::mode::{Code, Phase, Reason};
use sfund_engine::id::{ListingId, PartyId, Sequence};
use sfund_engine::listing::stage::Stage;
use thiserror::Error as ThisError;
use uuid::Uuid;

use crate::ask::Answer;
use crate::bidding::Part;
use crate::bidding::bid::{BidPlaced, NewBid};
use crate::bidding::lot::{Lot, LotMode};
use crate::client::{Client, Waits, conclude};
use crate::error::Error;
use crate::stream::market::MarketChange;

/// What the market answers to a bid that came too late for the lot as it then was: the stream tells
/// how it is now.
const OVERTAKEN: [&str; 5] =
    ["BID_TOO_LOW", "LEADS_ALREADY", "NOT_IN_THIS_PHASE", "BID_LATE", "LISTING_STAGE"];

/// How long news of an award is waited for before it is asked whether there is one.
const AWARD_WAIT: Duration = Duration::from_secs(1);

/// Bids up to a maximum in an auction with open ascending bids (自动报价).
///
/// It bids the least that is taken, whenever bids are taken and somebody else leads; never over
/// itself, and never more than its maximum. It may be started before the bidding is opened. Lost
/// connections are waited for as long as the client's patience lasts; a bid whose answer was lost
/// is given again under the same id, so that it is one bid.
///
/// ```no_run
/// # use sfund_sdk::{AutoBid, AutoBidResult, Client, ListingId};
/// # async fn example(client: Client, listing: ListingId)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// let end = AutoBid::up_to(listing, "1.2000".parse()?).run(&client).await?;
/// match end.result {
///     AutoBidResult::Won { units, cash } => println!("{units} units for {cash}"),
///     AutoBidResult::LimitReached { least } => println!("it takes {least} by now"),
///     other => println!("{other:?} after {} bids", end.bids),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it bids once it is run"]
pub struct AutoBid {
    part: Part,
    maximum: Price,
    opening: Option<Price>,
}

/// How automatic bidding ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoBidEnd {
    /// Why.
    pub result: AutoBidResult,
    /// The code under which it bid.
    pub code: Code,
    /// Bids it made.
    pub bids: u32,
    /// The lot as it was last; `None` if it was told to stop before the bidding was opened.
    pub lot: Option<Lot>,
}

/// Why automatic bidding ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoBidResult {
    /// The lot was awarded to it, provisionally.
    Won {
        /// Units won.
        units: Units,
        /// Cash to be paid for them.
        cash: Money,
    },
    /// The lot was awarded to somebody else: why its last bid lost, if it made one.
    Lost(Option<Reason>),
    /// Bidding is over, and nobody got the lot.
    Unsold,
    /// Somebody else leads, and a higher bid would be above the maximum.
    LimitReached {
        /// The least that would be taken.
        least: Price,
    },
    /// It was told to stop. A bid that leads still binds.
    Stopped,
}

/// Why there is no automatic bidding.
#[derive(Debug, ThisError)]
pub enum AutoBidError {
    /// The exchange, or the way to it. A bid that leads still binds.
    #[error(transparent)]
    Exchange(#[from] Error),
    /// The party has no code for this listing.
    #[error("the party has no code for {0}: declare an intention and wait for the venue's word")]
    NoCode(ListingId),
    /// The lot is not sold by open ascending bids.
    #[error("{0} is not sold by open ascending bids")]
    NotAscending(ListingId),
}

impl AutoBid {
    /// Up to this price of a unit, itself included.
    pub const fn up_to(listing: ListingId, maximum: Price) -> Self {
        Self { part: Part::in_listing(listing), maximum, opening: None }
    }

    /// For this party and not for the caller: a member names its client.
    pub const fn of(self, party: PartyId) -> Self {
        Self { part: self.part.of(party), ..self }
    }

    /// What it bids first where the reserve is hidden and nobody has bid, and no least bid is told
    /// (保留价). Without it, it then waits for somebody else's bid. Who leads may not bid on, so a
    /// first bid below the reserve that nobody tops wins nothing.
    pub const fn opening(self, price: Price) -> Self {
        Self { opening: Some(price), ..self }
    }

    /// Bids until the lot is awarded or the maximum is reached.
    ///
    /// # Errors
    ///
    /// [`AutoBidError`]. It may be run again.
    pub async fn run(self, client: &Client) -> Result<AutoBidEnd, AutoBidError> {
        self.run_until(client, std::future::pending()).await
    }

    /// Bids until then, or until it is `told` to stop. A bid under way is concluded first.
    ///
    /// # Errors
    ///
    /// [`AutoBidError`]. It may be run again.
    pub async fn run_until(
        self,
        client: &Client,
        told: impl Future<Output = ()> + Send,
    ) -> Result<AutoBidEnd, AutoBidError> {
        let (listing, market) = (self.part.listing, client.market());
        let (code, known) = self.code(client).await?;
        let mut course = Course::new(code, self);
        let from = match market.lot(listing).after(known).await {
            Ok(answer) => {
                course.knows(answer.sequence, answer.value);
                answer.sequence
            }
            // The bidding is not open yet.
            Err(Error::NotFound(_)) => known,
            Err(error) => return Err(error.into()),
        };
        let mut stream = market.stream().listings(&[listing]).after(from).open();
        let mut told = pin!(told);
        loop {
            let step = course.step()?;
            tokio::select! {
                biased;
                () = &mut told => return Ok(course.ended(AutoBidResult::Stopped)),
                happening = stream.next(), if step.waits() => {
                    let happening = happening?;
                    if let MarketChange::Lot(lot) = happening.change {
                        course.hears(happening.sequence, *lot);
                    }
                    continue;
                }
                () = tokio::time::sleep(AWARD_WAIT), if step == Step::AwaitAward => {}
                () = std::future::ready(()), if !step.waits() => {}
            }
            match step {
                Step::Wait => {}
                Step::AwaitAward => course.unsold = self.is_unsold(client).await?,
                Step::Bid(price) => match self.bid(client, price).await {
                    Ok(placed) => course.bid_stands(placed),
                    Err(Error::Refused(refusal))
                        if OVERTAKEN.contains(&refusal.reason.as_str()) =>
                    {
                        course.was_overtaken();
                    }
                    Err(error) => return Err(error.into()),
                },
                Step::End(result) => return Ok(course.ended(result)),
            }
        }
    }

    /// Whether bidding led to nothing. A lot that nobody got is not told of again, and its listing
    /// is over, and may be nobody's business any more.
    async fn is_unsold(self, client: &Client) -> Result<bool, Error> {
        match client.listing().listing(self.part.listing).await {
            Ok(listing) => Ok(match listing.stage {
                Stage::Bidding | Stage::Awarded | Stage::HandedOver => false,
                Stage::Draft
                | Stage::Submitted
                | Stage::ToBeCompleted
                | Stage::Rejected
                | Stage::Accepted
                | Stage::Announced
                | Stage::Suspended
                | Stage::Closed
                | Stage::Ended
                | Stage::Withdrawn
                | Stage::Revoked => true,
            }),
            Err(Error::NotFound(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Under which code the party bids, and the entry by which that is known.
    async fn code(self, client: &Client) -> Result<(Code, Sequence), AutoBidError> {
        let Part { listing, party } = self.part;
        let party = match party {
            Some(party) => party,
            None => client.admin().caller().await?.party.id,
        };
        let mut bidders = client.listing().bidders(listing).items();
        while let Some(bidder) = bidders.next().await? {
            if let (true, Some(code)) = (bidder.party == party, bidder.code) {
                return Ok((code, client.newest_seen()));
            }
        }
        Err(AutoBidError::NoCode(listing))
    }

    /// One bid, under one id until its outcome is known or the client's patience is over.
    async fn bid(self, client: &Client, price: Price) -> Result<Answer<BidPlaced>, Error> {
        let Part { listing, party } = self.part;
        let bid = NewBid { party, ..NewBid::new(listing, price) };
        let attempt = Uuid::now_v7();
        let mut waits = Waits::of_stream(client.options());
        let mut unknown = None;
        loop {
            let error = match client.trading().bid(bid).attempt(attempt).await {
                Ok(placed) => return Ok(placed),
                Err(error) => error,
            };
            let retry_after = error.retry_after();
            if !error.outcome_unknown() && retry_after.is_none() {
                return Err(conclude(error, unknown));
            }
            let Some(wait) = waits.again(retry_after.unwrap_or_default()) else {
                return Err(conclude(error, unknown));
            };
            if error.outcome_unknown() {
                unknown = Some(error);
            }
            tokio::time::sleep(wait).await;
        }
    }
}

/// What automatic bidding does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Wait,
    Bid(Price),
    /// Bidding is over: the award comes in an entry of its own, or nobody gets the lot.
    AwaitAward,
    End(AutoBidResult),
}

impl Step {
    /// Whether news of the lot comes first.
    const fn waits(self) -> bool {
        match self {
            Self::Wait | Self::AwaitAward => true,
            Self::Bid(_) | Self::End(_) => false,
        }
    }
}

/// What automatic bidding knows: pure, so that what it does follows from what it was told.
struct Course {
    code: Code,
    terms: AutoBid,
    lot: Option<Lot>,
    /// Newest entry that it was told of.
    seen: Sequence,
    /// Whether it knows all of that entry.
    whole: bool,
    /// Its bid was refused because the lot has moved on, and the stream has not told how yet.
    overtaken: bool,
    /// Nobody gets the lot.
    unsold: bool,
    bids: u32,
}

impl Course {
    const fn new(code: Code, terms: AutoBid) -> Self {
        let (seen, whole, overtaken, unsold) = (Sequence::ZERO, false, false, false);
        Self { code, terms, lot: None, seen, whole, overtaken, unsold, bids: 0 }
    }

    /// Takes the lot as it is after all of this entry; what is older is passed over.
    fn knows(&mut self, sequence: Sequence, lot: Lot) {
        if self.seen <= sequence {
            (self.lot, self.seen, self.whole) = (Some(lot), sequence, true);
            self.overtaken = false;
        }
    }

    /// Takes the lot as the stream tells it: one entry may tell it more than once.
    fn hears(&mut self, sequence: Sequence, lot: Lot) {
        let is_news = self.seen < sequence || (self.seen == sequence && !self.whole);
        if is_news {
            (self.lot, self.seen, self.whole) = (Some(lot), sequence, false);
            self.overtaken = false;
        }
    }

    fn bid_stands(&mut self, placed: Answer<BidPlaced>) {
        self.bids = self.bids.saturating_add(1);
        self.knows(placed.sequence, placed.value.lot);
    }

    const fn was_overtaken(&mut self) {
        self.overtaken = true;
    }

    fn ended(self, result: AutoBidResult) -> AutoBidEnd {
        AutoBidEnd { result, code: self.code, bids: self.bids, lot: self.lot }
    }

    fn step(&self) -> Result<Step, AutoBidError> {
        let Some(lot) = &self.lot else { return Ok(Step::Wait) };
        if lot.mode != LotMode::English {
            return Err(AutoBidError::NotAscending(lot.listing));
        }
        Ok(match lot.phase {
            Phase::Free | Phase::Timed => self.outbid(lot),
            Phase::Over => self.outcome(lot),
            Phase::Waiting
            | Phase::Committing
            | Phase::Revealing
            | Phase::Scoring
            | Phase::Falling
            | Phase::Negotiating
            | Phase::Quoting
            | Phase::Choosing
            | Phase::FirstRefusal => Step::Wait,
        })
    }

    /// D3: over somebody else, by the least, up to the maximum.
    fn outbid(&self, lot: &Lot) -> Step {
        if self.overtaken || lot.best_code == Some(self.code) {
            return Step::Wait;
        }
        match lot.least_bid {
            Some(least) if least <= self.terms.maximum => Step::Bid(least),
            Some(least) => Step::End(AutoBidResult::LimitReached { least }),
            None if lot.best.is_some() => Step::Wait,
            None => match self.terms.opening {
                Some(opening) => Step::Bid(opening.min(self.terms.maximum)),
                None => Step::Wait,
            },
        }
    }

    fn outcome(&self, lot: &Lot) -> Step {
        let Some(award) = &lot.award else {
            return if self.unsold { Step::End(AutoBidResult::Unsold) } else { Step::AwaitAward };
        };
        let line = award.of(self.code);
        Step::End(match line.filter(|line| line.units != Units::ZERO) {
            Some(line) => AutoBidResult::Won { units: line.units, cash: line.cash },
            None if award.winners().next().is_none() => AutoBidResult::Unsold,
            None => AutoBidResult::Lost(line.map(|line| line.reason)),
        })
    }
}

#[cfg(test)]
mod tests;
