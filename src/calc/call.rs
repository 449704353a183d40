//! `call`: the one price of a call auction, and who trades how much.

use serde::Deserialize;
use serde_json::{Value, json};
use sfund_engine::auction::clear::{self, Call, Limit, NoPrice, Order, RuleSet};
use sfund_engine::auction::ration::Margin;

use super::error::call_reason;
use super::number::{Number, price_text, quantity};
use super::{Error, within};

/// Decimals of a price.
const PRICE_SCALE: u32 = 4;
/// Decimals of a quantity.
const QUANTITY_SCALE: u32 = 2;

#[derive(Deserialize)]
pub(super) struct Question {
    rules: Rules,
    buys: Vec<(Number, Number)>,
    sells: Vec<(Number, Number)>,
    market_buy: Option<Number>,
    market_sell: Option<Number>,
    reference: Option<Number>,
    tick: Option<Number>,
    #[serde(default)]
    margin: super::lot::Sharing,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Rules {
    Xetra,
    Euronext,
    Sse,
    Szse,
}

/// Without a tick, every price of 4 decimals may print.
///
/// # Source
///
/// Mechanics 4, G4; vectors `call_auction`.
pub(super) fn answer(question: &Question) -> Result<Value, Error> {
    let price = |number: &Option<Number>, field| {
        number.map(|number| number.steps(field, PRICE_SCALE)).transpose()
    };
    let buys = Side::of("buys", &question.buys, "market_buy", question.market_buy)?;
    let sells = Side::of("sells", &question.sells, "market_sell", question.market_sell)?;
    let call = Call {
        rules: match question.rules {
            Rules::Xetra => RuleSet::Xetra,
            Rules::Euronext => RuleSet::Euronext,
            Rules::Sse => RuleSet::Sse,
            Rules::Szse => RuleSet::Szse,
        },
        buys: buys.orders.clone(),
        sells: sells.orders.clone(),
        reference: price(&question.reference, "reference")?,
        tick: price(&question.tick, "tick")?.unwrap_or(1),
        margin: Margin::from(question.margin),
    };
    match clear::clear(&call) {
        Ok(cleared) => {
            let mut fills = buys.fills("buy", &cleared.buys);
            fills.extend(sells.fills("sell", &cleared.sells));
            Ok(json!({
                "price": price_text(cleared.price),
                "volume": amount(cleared.volume),
                "imbalance": quantity(cleared.imbalance),
                "fills": fills,
            }))
        }
        Err(none @ (NoPrice::NoReference | NoPrice::NoCross)) => Ok(json!({
            "price": null,
            "volume": 0,
            "imbalance": 0,
            "fills": [],
            "reason": call_reason(none),
        })),
        Err(
            wrong @ (NoPrice::TooManyOrders { .. }
            | NoPrice::QuantityOutOfRange { .. }
            | NoPrice::PriceOutOfRange { .. }
            | NoPrice::OffTick { .. }),
        ) => Err(Error::Call(wrong)),
    }
}

/// The orders of one side, the market order first.
struct Side {
    orders: Vec<Order>,
    market: usize,
}

impl Side {
    fn of(
        field: &'static str,
        limits: &[(Number, Number)],
        market_field: &'static str,
        market: Option<Number>,
    ) -> Result<Self, Error> {
        within(field, limits.len(), clear::ORDERS_MAX)?;
        let market = market.map(|number| number.steps(market_field, QUANTITY_SCALE)).transpose()?;
        let market = market.filter(|quantity| 0 < *quantity);
        let market = market.map(|quantity| Order { limit: Limit::Market, quantity });
        let mut orders: Vec<Order> = market.into_iter().collect();
        let market = orders.len();
        for (price, quantity) in limits {
            let limit = Limit::At(price.steps(field, PRICE_SCALE)?);
            orders.push(Order { limit, quantity: quantity.steps(field, QUANTITY_SCALE)? });
        }
        Ok(Self { orders, market })
    }

    /// Who trades how much: an order by its place in the list, the market order by its name.
    fn fills(&self, side: &str, filled: &[u64]) -> Vec<Value> {
        let traded = filled.iter().enumerate().filter(|(_, filled)| 0 < **filled);
        let order = |at: usize| match at.checked_sub(self.market) {
            Some(place) => json!(place),
            None => json!("market"),
        };
        traded
            .map(|(at, filled)| json!({ "side": side, "order": order(at), "qty": amount(*filled) }))
            .collect()
    }
}

fn amount(e2: u64) -> Value {
    quantity(i64::try_from(e2).unwrap_or(i64::MAX))
}
