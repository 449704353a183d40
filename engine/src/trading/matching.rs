//! Matching: what an incoming order meets, in which order, and what that moves (撮合).

use crate::market::Market;
use crate::trading::place_order::{OrderDecremented, Traded};

pub(crate) fn apply_traded(_market: &mut Market, _fact: &Traded) {
    unimplemented!("Traded")
}

pub(crate) fn apply_decremented(_market: &mut Market, _fact: &OrderDecremented) {
    unimplemented!("OrderDecremented")
}
