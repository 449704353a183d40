//! What a seller offers, and on which terms (挂牌条件).
//!
//! `ListingTerms::check` is what holds of every draft: bounded, in lots and ticks, and worth a
//! whole number of fen. What the pack asks is asked at submission.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::amount::{Money, Ppm, Price, Units};
use crate::auction::lot::QUANTITY_MAX;
use crate::bidding::mode::Portion;
use crate::check;
use crate::id::FundId;
use crate::listing::document::{self, Document};
use crate::listing::{PERIOD_DAYS_MAX, RATE_MAX, WHOLE};
use crate::market::Market;
use crate::policy::choice::{Disclosure, Ownership};
use crate::policy::{CASH_MAX, PRICE_E4_MAX};
use crate::registry::fund::Fund;
use crate::reject::{Field, Reject};
use crate::time::Date;
use crate::trading::rules;

/// What a seller offers, and on which terms.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ListingTerms {
    /// Project code (项目编号), 1 to 64 bytes; it names one listing.
    #[n(0)]
    pub code: String,
    /// What the teaser says, 1 to 512 bytes, without anything of the fund that is not public.
    #[n(1)]
    pub headline: String,
    /// Fund.
    #[n(2)]
    pub fund: FundId,
    /// Units offered, whole lots.
    #[n(3)]
    pub units: Units,
    /// How the buyer is found.
    #[n(4)]
    pub method: Method,
    /// Lowest price of a unit (挂牌底价), whole ticks.
    #[n(5)]
    pub floor: Price,
    /// Whether bidders are told the floor.
    #[n(6)]
    pub reserve: Reserve,
    /// D1: deposit of a bidder (保证金), as a share of the floor times the units.
    #[n(7)]
    pub deposit: Ppm,
    /// Announcement in working days (公告期).
    #[n(8)]
    pub announcement_days: u16,
    /// What happens when the announcement is over and nobody came.
    #[n(9)]
    pub if_nobody_comes: IfNobodyComes,
    /// C6: how the price is paid.
    #[n(10)]
    pub payment: Payment,
    /// C5: whose the cash flows of the interim period are.
    #[n(11)]
    pub interim: Interim,
    /// Whose units they are.
    #[n(12)]
    pub ownership: Ownership,
    /// C1: the filed appraisal; asked of a state-owned seller.
    #[n(13)]
    pub appraisal: Option<Appraisal>,
    /// Disclosure fields answered, in their order.
    #[n(14)]
    pub disclosures: Vec<Answer>,
    /// Documents.
    #[n(15)]
    pub documents: Vec<Document>,
    /// Whether the lot may be shared (整体或分拆转让).
    #[cbor(n(16), skip_if = "Portion::is_whole")]
    pub portion: Portion,
}

/// How the buyer is found (转让方式). The mode's parameters are the bidding's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Method {
    /// Open ascending bids with a soft close (多次报价).
    #[n(0)]
    English,
    /// Sealed bids, each winner pays its own (一次报价).
    #[n(1)]
    SealedPayAsBid,
    /// Sealed bids, every winner pays the lowest winning one (统一价).
    #[n(2)]
    SealedUniform,
    /// Sealed bids, each winner pays what its presence costs the others.
    #[n(3)]
    SealedVickrey,
    /// A falling price that the first bidder stops (降价竞价).
    #[n(4)]
    Dutch,
    /// Tender with scored criteria (招投标).
    #[n(5)]
    Tender,
    /// Negotiated transfer (协议转让).
    #[n(6)]
    Negotiated,
    /// Request for quote to chosen parties (询价).
    #[n(7)]
    RequestForQuote,
    /// Judicial and enforcement auction (司法拍卖).
    #[n(8)]
    Judicial,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::English => "english",
            Self::SealedPayAsBid => "sealed_pay_as_bid",
            Self::SealedUniform => "sealed_uniform",
            Self::SealedVickrey => "sealed_vickrey",
            Self::Dutch => "dutch",
            Self::Tender => "tender",
            Self::Negotiated => "negotiated",
            Self::RequestForQuote => "request_for_quote",
            Self::Judicial => "judicial",
        })
    }
}

/// Whether bidders are told the floor (保留价).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Reserve {
    /// They are.
    #[n(0)]
    Public,
    /// They are not, until the close.
    #[n(1)]
    Hidden,
}

/// What happens when the announcement is over and nobody came (信息公告期满无人报名).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum IfNobodyComes {
    /// The listing ends.
    #[n(0)]
    End,
    /// C2: the announcement is extended, by so many working days, at most so often.
    #[n(1)]
    Extend {
        /// Working days of each extension.
        #[n(0)]
        working_days: u16,
        /// Most extensions, from 1.
        #[n(1)]
        times_max: u16,
    },
    /// The seller decides: another price, or to withdraw.
    #[n(2)]
    Ask,
}

/// C6: how the price is paid (付款方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Payment {
    /// At once, within so many working days of the contract.
    #[n(0)]
    Once {
        /// Working days.
        #[n(0)]
        working_days: u16,
    },
    /// A first part within so many working days, the rest secured and with interest.
    #[n(1)]
    Instalments {
        /// The first part.
        #[n(0)]
        first: Ppm,
        /// Working days until it.
        #[n(1)]
        working_days: u16,
        /// Days until the rest.
        #[n(2)]
        rest_days: u16,
        /// Interest on the rest, of a year.
        #[n(3)]
        interest: Ppm,
    },
}

/// C5: whose the cash flows between the base date and the closing are (过渡期安排).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Interim {
    /// The buyer's; the price stays.
    #[n(0)]
    Buyer,
    /// The seller's; the price stays.
    #[n(1)]
    Seller,
    /// They move the price.
    #[n(2)]
    MovesPrice,
}

/// C1: a filed appraisal or valuation (评估备案).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Appraisal {
    /// Filed value of a unit (备案值).
    #[n(0)]
    pub value: Price,
    /// Base date (评估基准日).
    #[n(1)]
    pub base_date: Date,
    /// Filing number (备案编号), 1 to 64 bytes.
    #[n(2)]
    pub filing: String,
}

/// What is disclosed of one thing (披露内容).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Answer {
    /// Of what.
    #[n(0)]
    pub field: Disclosure,
    /// The answer, 1 to 512 bytes.
    #[n(1)]
    pub answer: String,
}

impl ListingTerms {
    /// What holds of every draft.
    ///
    /// # Errors
    ///
    /// The first rule that is broken.
    pub(super) fn check(&self, market: &Market) -> Result<(), Reject> {
        check::code(Field::Code, &self.code)?;
        check::text(Field::Headline, &self.headline)?;
        let days = u64::from(self.announcement_days);
        check::range(Field::AnnouncementDays, days, 1, u64::from(PERIOD_DAYS_MAX))?;
        check::range(Field::Deposit, u64::from(self.deposit.get()), 0, u64::from(WHOLE.get()))?;
        self.if_nobody_comes.check()?;
        self.payment.check()?;
        if let Some(appraisal) = &self.appraisal {
            check::code(Field::Filing, &appraisal.filing)?;
        }
        self.check_disclosures()?;
        document::check(&self.documents)?;
        let fund = market.fund(self.fund)?;
        check::some_units(self.units)?;
        let lots = rules::lots_of(fund, self.units)?;
        self.check_portion(u64::from(lots.number()))?;
        self.check_price(fund, self.floor)
    }

    /// Sealed bids and a falling price share a lot, of as many lots as one award divides; every
    /// other way sells it whole.
    fn check_portion(&self, lots: u64) -> Result<(), Reject> {
        match (self.portion, self.method) {
            (Portion::Whole, _) => Ok(()),
            (
                Portion::Parts,
                Method::SealedPayAsBid
                | Method::SealedUniform
                | Method::SealedVickrey
                | Method::Dutch,
            ) => check::range(Field::SharedLots, lots, 1, QUANTITY_MAX),
            (
                Portion::Parts,
                Method::English
                | Method::Tender
                | Method::Negotiated
                | Method::RequestForQuote
                | Method::Judicial,
            ) => Err(Reject::Inconsistent { field: Field::Portion }),
        }
    }

    /// A price of the listing is whole ticks, no higher than any price may be, and worth no more
    /// than an order may be.
    pub(crate) fn check_price(&self, fund: &Fund, price: Price) -> Result<(), Reject> {
        check::in_ticks(&fund.details, price)?;
        let worth = price.times(self.units).filter(|worth| *worth <= CASH_MAX);
        let worth = worth.filter(|_| price.e4() <= PRICE_E4_MAX);
        worth.map(|_| ()).ok_or(Reject::OrderTooLarge { cash_max: CASH_MAX })
    }

    fn check_disclosures(&self) -> Result<(), Reject> {
        let texts = self.disclosures.iter().map(|disclosure| &disclosure.answer);
        texts.into_iter().try_for_each(|answer| check::text(Field::Disclosures, answer))?;
        if self.disclosures.is_sorted_by(|one, next| one.field < next.field) {
            return Ok(());
        }
        Err(Reject::Inconsistent { field: Field::Disclosures })
    }

    /// D1: cash of the deposit of one bidder for all units, rounded down to a fen.
    ///
    /// # Panics
    ///
    /// Never, of terms that were checked.
    #[must_use]
    pub fn deposit_cash(&self) -> Money {
        self.worth().fee_down(self.deposit)
    }

    /// The floor times the units.
    ///
    /// # Panics
    ///
    /// Never, of terms that were checked.
    #[must_use]
    pub fn worth(&self) -> Money {
        self.floor.times(self.units).expect("terms that were checked are worth whole fen")
    }
}

impl Interim {
    /// Whether the price follows the interim period.
    #[must_use]
    pub const fn moves_price(self) -> bool {
        match self {
            Self::MovesPrice => true,
            Self::Buyer | Self::Seller => false,
        }
    }
}

impl IfNobodyComes {
    fn check(self) -> Result<(), Reject> {
        match self {
            Self::End | Self::Ask => Ok(()),
            Self::Extend { working_days, times_max } => {
                [working_days, times_max].into_iter().try_for_each(period)
            }
        }
    }
}

impl Payment {
    fn check(self) -> Result<(), Reject> {
        match self {
            Self::Once { working_days } => period(working_days),
            Self::Instalments { first, working_days, rest_days, interest } => {
                [working_days, rest_days].into_iter().try_for_each(period)?;
                let whole = u64::from(WHOLE.get());
                check::range(Field::Payment, u64::from(first.get()), 1, whole)?;
                let rate_max = u64::from(RATE_MAX.get());
                check::range(Field::Payment, u64::from(interest.get()), 0, rate_max)
            }
        }
    }
}

/// A period of days, or a count, is some and bounded.
fn period(days: u16) -> Result<(), Reject> {
    check::range(Field::Period, u64::from(days), 1, u64::from(PERIOD_DAYS_MAX))
}
