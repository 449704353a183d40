//! What an overlay says of state-owned sellers (国有出让方): rules C, beside the pack of a segment.
//!
//! Where the overlay and the pack both speak, of announcement and payment, the overlay is right
//! for a state-owned seller and the pack for everyone else.

use minicbor::{Decode, Encode};

use crate::amount::Ppm;
use crate::policy::choice::{BelowFloor, Duty, InterimPrice, SoleBidder};
use crate::policy::listing::{AnnouncementRules, PaymentRules};
use crate::policy::parameter::{
    DAYS, Form, Parameter, Rules, SHARE, Value, from_to, groups, parameters,
};
use crate::time::Date;

/// Rules of one kind of seller, over any pack (叠加规则包).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Overlay {
    /// What it is called, as `soe`.
    #[n(0)]
    pub code: String,
    /// Version from 1; a later one of the same code has a higher one.
    #[n(1)]
    pub version: u32,
    /// First date on which it may judge.
    #[n(2)]
    pub valid_from: Date,
    /// Whose law it states, as `CN`.
    #[n(3)]
    pub jurisdiction: String,
    /// What it says.
    #[n(4)]
    pub rules: StateRules,
}

groups! {
    /// C: what binds a state-owned seller (国有资产交易规则).
    StateRules {
        /// C1, C3 to C5: the price.
        0 price: StatePriceRules;
        /// C2, C7: how long a listing is announced.
        1 announcement: AnnouncementRules;
        /// C6: payment.
        2 payment: PaymentRules;
    }
}

parameters! {
    /// C1 to C5: the price of a state-owned share (国有定价规则).
    StatePriceRules {
        /// A filed value is good so long from its base date, on the day of the listing and on that
        /// of the deal.
        0 appraisal_valid_days: u16, DAYS, "days", "C1";
        /// Without a buyer for so long, the appraisal is redone.
        1 reappraisal_months: u16, from_to(1, 60), "months", "C2";
        /// Least first floor, as a share of the filed value.
        2 first_floor_min: Ppm, SHARE, "ppm", "C3";
        /// Least later floor.
        3 floor_min: Ppm, SHARE, "ppm", "C3";
        /// What a floor below that needs.
        4 below_floor_min: BelowFloor, Form::Choice(BelowFloor::WORDS), "consent", "C3";
        /// From so many qualified bidders on, they bid against each other.
        5 competitive_bidders_min: u16, from_to(2, 100), "bidders", "C4";
        /// What happens where there is one.
        6 sole_bidder: SoleBidder, Form::Choice(SoleBidder::WORDS), "step", "C4";
        /// Whether the agreed price follows the interim period's results.
        7 interim_price: InterimPrice, Form::Choice(InterimPrice::WORDS), "price", "C5";
        /// Whether the listing says whose the interim period's flows are.
        8 interim_terms: Duty, Form::Choice(Duty::WORDS), "duty", "C5";
    }
}

impl StateRules {
    /// A parameter that contradicts another, if one does.
    #[must_use]
    pub fn contradiction(&self) -> Option<&'static str> {
        let price = &self.price;
        let floor = (price.first_floor_min < price.floor_min).then_some("floor_min");
        self.announcement.contradiction().or(floor)
    }
}
