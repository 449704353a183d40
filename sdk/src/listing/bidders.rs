//! Who would buy what is listed (意向受让方): intentions, deposits, the opening, contracts.

use sfund_engine::amount::Money;
use sfund_engine::bidding::declare::Right;
use sfund_engine::bidding::mode::Code;
use sfund_engine::bidding::open::Opening;
use sfund_engine::bidding::qualify_bidder::BidderVerdict;
use sfund_engine::id::{ListingId, PartyId};
use sfund_engine::listing::document::Sha256;
use sfund_engine::policy::JudgedBy;
use sfund_engine::time::Time;
use sfund_proto::v1;

use crate::ask::{Command, List};
use crate::bidding::Part;
use crate::bidding::lot::{Bidder, Lot, bidder_of, lot_of, maybe_code, opening_to_wire};
use crate::listing::Listings;
use crate::wire::policy::judged_of;
use crate::wire::{self, Twin, maybe_time, read, some};

/// What the venue said of somebody who would bid (资格审核).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qualified {
    /// The code under which it bids; `None` if it may not.
    pub code: Option<Code>,
    /// D1: its deposit is due before this moment, where one is asked.
    pub deposit_due: Option<Time>,
}

/// What came of opening the bidding (开启竞价).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Bids are taken from its beginning on.
    Lot {
        /// The lot.
        lot: Box<Lot>,
        /// Which pack judged.
        judged: JudgedBy,
    },
    /// Nobody may bid, and the listing ended.
    NoBidder,
}

/// Bidders and contracts.
impl Listings {
    /// Declares an intention to buy what is announced; it binds nobody (意向登记).
    pub fn declare(&self, part: impl Into<Part>, right: Right) -> Command<()> {
        let Part { listing, party } = part.into();
        let first_refusal = match right {
            Right::None => false,
            Right::FirstRefusal => true,
        };
        let request = about!(DeclareInterestRequest {
            listing,
            party_id: wire::text(party),
            first_refusal: first_refusal,
        });
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// The venue says whether somebody may bid (资格审核).
    pub fn qualify_bidder(
        &self,
        listing: ListingId,
        party: PartyId,
        verdict: BidderVerdict,
        reason: impl Into<String>,
    ) -> Command<Qualified> {
        let request = about!(QualifyBidderRequest {
            listing,
            party_id: party.to_string(),
            verdict: verdict.to_wire(),
            reason: reason.into(),
        });
        Command::new(&self.client, request, |response| {
            Ok(Qualified {
                code: maybe_code(&response.code, "code")?,
                deposit_due: maybe_time(response.deposit_due)?,
            })
        })
    }

    /// Holds the deposit of a bidder from its cash; gives how much (交纳保证金).
    pub fn pay_deposit(&self, part: impl Into<Part>) -> Command<Money> {
        let Part { listing, party } = part.into();
        let request = about!(PayDepositRequest { listing, party_id: wire::text(party) });
        Command::new(&self.client, request, |response| read(&response.amount, "amount"))
    }

    /// Opens the bidding for a listing whose announcement is over, bids being taken from `begins`
    /// on. With one bidder the lot is negotiated. The protocol has no tenders and no quotes yet: they
    /// are malformed (开启竞价).
    pub fn open_bidding(
        &self,
        listing: ListingId,
        begins: Time,
        opening: Opening,
    ) -> Command<Opened> {
        let request = about!(OpenBiddingRequest {
            listing,
            begins: Some(wire::timestamp(begins)),
            opening: opening_to_wire(&opening),
        });
        Command::new(&self.client, request, |response| match response.lot {
            Some(lot) => Ok(Opened::Lot {
                lot: Box::new(lot_of(lot)?),
                judged: judged_of(some(response.judged_by, "judged_by")?),
            }),
            None => Ok(Opened::NoBidder),
        })
    }

    /// Records that a winner has signed the contract of this SHA-256 (签订产权交易合同).
    pub fn sign(&self, listing: ListingId, winner: PartyId, contract: Sha256) -> Command<()> {
        let request = about!(SignContractRequest {
            listing,
            party_id: winner.to_string(),
            contract_sha256: contract.bytes().to_vec(),
        });
        Command::new(&self.client, request, |_| Ok(()))
    }

    /// Who would bid for a listing, in the order in which they declared: all for the venue, the
    /// caller's own and its clients' for others, and the winners for the seller.
    pub fn bidders(&self, listing: ListingId) -> List<Bidder> {
        List::new(&self.client, about!(ListBiddersRequest { listing }), bidder_of)
    }
}
