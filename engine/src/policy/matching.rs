//! What keeps a partnership from being publicly traded (合格撮合服务): 26 CFR 1.7704-1 of the
//! United States, for packs of that law.
//!
//! Percentages are of the interests in capital or profits, within one tax year of the partnership.

use minicbor::{Decode, Encode};

use crate::amount::Ppm;
use crate::policy::parameter::{DAYS, DAYS_OR_NONE, Parameter, Rules, SHARE, Value, parameters};

parameters! {
    /// Limits of a qualified matching service, 26 CFR 1.7704-1 (g), and of what else may move, (j).
    MatchingRules {
        /// (j): most that moves in a year, other than by private transfers and the service.
        0 other_transfers_share_max: Ppm, SHARE, "ppm", "A1";
        /// (g)(2)(viii): most that moves in a year through the service.
        1 matched_share_max: Ppm, SHARE, "ppm", "A1";
        /// (g)(2)(iii): no binding agreement before so long after the offer is made known.
        2 agreement_days_min: u16, DAYS_OR_NONE, "days", "A1";
        /// (g)(2)(iv): no closing before so long after it.
        3 closing_days_min: u16, DAYS_OR_NONE, "days", "A1";
        /// (g)(2)(vi): the offer is taken down so long after it.
        4 offer_shown_days_max: u16, DAYS, "days", "A1";
        /// (g)(2)(vii): and none of the same seller is made known again for so long.
        5 pause_days_min: u16, DAYS_OR_NONE, "days", "A1";
    }
}

impl MatchingRules {
    /// A parameter that contradicts another, if one does: an offer is agreed on before it closes
    /// and before it is taken down.
    #[must_use]
    pub fn contradiction(&self) -> Option<&'static str> {
        let latest = self.offer_shown_days_max.min(self.closing_days_min);
        (latest < self.agreement_days_min).then_some("agreement_days_min")
    }
}
