//! What a party should know before it acts in a fund.

use sfund_engine::amount::{Money, Ppm, Units};
use sfund_engine::registry::fund::{Currency, Reference, TradingState};
use sfund_engine::time::Date;
use sfund_proto::v1;

use crate::error::Unreadable;
use crate::market::reference_of;
use crate::register::{UnitsByState, units_by_state};
use crate::settlement::{CashBalance, balance_of};
use crate::wire::{self, Twin, ratio, read, some};

/// What a party should know before it acts in a fund. A dry run of the order says the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meters {
    /// The strictest of the fund's state, its segment's and the venue's.
    pub state: TradingState,
    /// A1: whether the segment's pack allows firm orders; if not, the intention board is open.
    pub continuous_allowed: bool,
    /// A3: holders of the fund, looked through.
    pub holders: u32,
    /// A3: most holders that it may have.
    pub holder_cap: u32,
    /// A3: holders that the party would add by its first purchase.
    pub holders_joining: u32,
    /// A2: first date on which the party may buy.
    pub buy_from: Earliest,
    /// A2: first date on which the party may sell.
    pub sell_from: Earliest,
    /// A2: trading days between buying and selling; 0 is no rule.
    pub turnaround_trading_days: u32,
    /// Half-width of the price band around the reference price.
    pub price_band: Option<Ppm>,
    /// The fund's reference price; it may be stale.
    pub reference: Option<Reference>,
    /// A4: last date on which the party's qualification is good.
    pub qualified_until: Option<Date>,
    /// A4: least money that a buyer has in the fund once its order is filled.
    pub investment_min: Money,
    /// A5: fewest units of an order that does not sell out.
    pub minimum_ticket: Units,
    /// The party's units of the fund.
    pub units: UnitsByState,
    /// The party's cash in the fund's currency; `None` if it never had any.
    pub cash: Option<CashBalance>,
    /// Orders that the party has open.
    pub orders_open: u32,
    /// Most orders that it may have open.
    pub orders_max: u32,
    /// Dearest fee of a buy of this party.
    pub buy_fee_max: Ppm,
    /// Dearest fee of a sell of this party.
    pub sell_fee_max: Ppm,
    /// Whether the party is suspended.
    pub suspended: bool,
}

/// The first date on which something may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earliest {
    /// At once.
    Now,
    /// On this date.
    On(Date),
    /// Later than the calendar reaches.
    BeyondCalendar,
}

pub(crate) fn meters_of(wire: v1::GetMetersResponse) -> Result<Meters, Unreadable> {
    let band = &wire.price_band;
    let units = wire.units.map(|units| units_by_state(&units)).transpose()?;
    Ok(Meters {
        state: TradingState::from_wire(wire.state)?,
        continuous_allowed: wire.continuous_allowed,
        holders: wire.holders,
        holder_cap: wire.holder_cap,
        holders_joining: wire.holders_joining,
        buy_from: earliest_of(wire.buy_from, "buy_from")?,
        sell_from: earliest_of(wire.sell_from, "sell_from")?,
        turnaround_trading_days: wire.turnaround_trading_days,
        price_band: if band.is_empty() { None } else { Some(ratio(band, "price_band")?) },
        reference: wire.reference.map(reference_of).transpose()?,
        qualified_until: wire::maybe(&wire.qualified_until, "qualified_until")?,
        investment_min: read(&wire.investment_min, "investment_min")?,
        minimum_ticket: read(&wire.minimum_ticket, "minimum_ticket")?,
        units: units.unwrap_or_default(),
        cash: wire.cash.map(|cash| balance_of(&cash)).transpose()?,
        orders_open: wire.orders_open,
        orders_max: wire.orders_max,
        buy_fee_max: ratio(&wire.buy_fee_max, "buy_fee_max")?,
        sell_fee_max: ratio(&wire.sell_fee_max, "sell_fee_max")?,
        suspended: wire.suspended,
    })
}

/// What a trade would cost under the fees in force. An order that rests keeps the fees under which
/// it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeQuote {
    /// The currency of all of it.
    pub currency: Currency,
    /// Price times units.
    pub worth: Money,
    /// The fee of an order that comes in and trades at once (吃单).
    pub taker_fee: Money,
    /// The fee of an order that rested (挂单).
    pub maker_fee: Money,
    /// The worst that it comes to: what a buyer pays in all, which is what its order holds; what a
    /// seller receives at least.
    pub net: Money,
}

pub(crate) fn fee_quote_of(wire: v1::QuoteFeesResponse) -> Result<FeeQuote, Unreadable> {
    Ok(FeeQuote {
        currency: wire::currency(&wire.currency, "currency")?,
        worth: read(&wire.worth, "worth")?,
        taker_fee: read(&wire.taker_fee, "taker_fee")?,
        maker_fee: read(&wire.maker_fee, "maker_fee")?,
        net: read(&wire.net, "net")?,
    })
}

fn earliest_of(
    wire: Option<v1::EarliestDate>,
    field: &'static str,
) -> Result<Earliest, Unreadable> {
    use v1::earliest_date::Earliest as Wire;
    match some(wire.and_then(|wire| wire.earliest), field)? {
        Wire::Now(_) => Ok(Earliest::Now),
        Wire::Date(date) => read(&date, field).map(Earliest::On),
        Wire::BeyondCalendar(_) => Ok(Earliest::BeyondCalendar),
    }
}
