//! `waterfall`: what a sale of pledged units pays, to whom, in which order.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::number::Number;
use super::{ENTRIES_MAX, Error, within};

#[derive(Deserialize)]
pub(super) struct Question {
    price: Number,
    fee: Number,
    costs: Number,
    claims: Vec<Number>,
}

/// The price pays the fee (an amount), then the costs, then each claim in order of rank; what is
/// left is the seller's. The shortfall is all that stays unpaid, fee and costs included.
///
/// # Source
///
/// Mechanics 6, F4; vector `waterfall`.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    within("claims", question.claims.len(), ENTRIES_MAX)?;
    let mut left = question.price.cash("price")?;
    let mut shortfall = Decimal::ZERO;
    let mut pay = |owed: Decimal| {
        let paid = owed.min(left);
        left = left.saturating_sub(paid);
        shortfall = shortfall.saturating_add(owed.saturating_sub(paid));
        paid
    };
    pay(question.fee.cash("fee")?);
    pay(question.costs.cash("costs")?);
    let claims: Result<Vec<Decimal>, Error> =
        question.claims.iter().map(|claim| claim.cash("claims")).collect();
    let paid: Vec<String> = claims?.into_iter().map(|claim| cash(pay(claim))).collect();
    Ok(json!({ "paid": paid, "seller": cash(left), "shortfall": cash(shortfall) }))
}

fn cash(mut amount: Decimal) -> String {
    amount.rescale(2);
    amount.to_string()
}
