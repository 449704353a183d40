//! What a party should know before it acts.

use sfund_engine::amount::Money;
use sfund_engine::policy::{Permission, Rates};
use sfund_engine::registry::party::{Party, PartyStatus};
use sfund_engine::trading::side::Side;
use sfund_proto::v1;

use crate::read::listing_meters::ListingMeter;
use crate::read::views::{Earliest, FundView, Meters, SegmentView};
use crate::wire::decimal::ratio_text;
use crate::wire::fields::write_date;
use crate::wire::twins::Twin;
use crate::wire::{market, register, settlement};

/// What a party should know before it acts in the fund of `segment`.
#[must_use]
pub fn meters(
    meters: &Meters,
    fund: &FundView,
    segment: &SegmentView,
    party: &Party,
) -> v1::GetMetersResponse {
    let pack = &segment.segment.pack;
    let rates = segment.fees.rates(party.details.tier).unwrap_or_default();
    v1::GetMetersResponse {
        sequence: 0,
        time: None,
        state: meters.state.write(),
        continuous_allowed: pack.continuous == Permission::Allowed,
        holders: meters.holders,
        holder_cap: meters.holder_cap,
        holders_joining: if meters.holds { 0 } else { party.details.look_through },
        buy_from: Some(earliest(meters.buys_from)),
        sell_from: Some(earliest(meters.sells_from)),
        turnaround_trading_days: meters.turnaround_trading_days.into(),
        price_band: pack.price_band.map_or_else(String::new, ratio_text),
        qualified_until: write_date(meters.qualified_until),
        investment_min: pack.investors.investment_min.to_string(),
        minimum_ticket: meters.minimum_ticket.to_string(),
        units: Some(register::units_by_state(meters.units)),
        cash: Some(settlement::balance(fund.fund.details.currency, meters.cash)),
        orders_open: party.orders_open,
        orders_max: pack.limits.orders_per_party_max,
        buy_fee_max: ratio_text(rates.buy_max()),
        sell_fee_max: ratio_text(rates.sell_max()),
        suspended: party.status == PartyStatus::Suspended,
        reference: fund.fund.reference.as_ref().map(market::reference),
    }
}

/// A limit of a listing, and how a party stands to it.
#[must_use]
pub fn meter(meter: &ListingMeter) -> v1::Meter {
    use v1::MeterKind as Kind;
    let of = |kind: Kind, rule: &str, value: String, limit: String, kept| v1::Meter {
        kind: kind.into(),
        rule: rule.to_owned(),
        value,
        limit,
        kept,
    };
    match *meter {
        ListingMeter::Confidentiality(accepted) => {
            of(Kind::Confidentiality, "A5", String::new(), String::new(), accepted)
        }
        ListingMeter::QualifiedUntil(until, today) => {
            let kept = until.is_some_and(|until| today <= until);
            of(Kind::QualifiedUntil, "A4", write_date(until), today.to_string(), kept)
        }
        ListingMeter::Holders(holders, cap) => {
            of(Kind::Holders, "A3", holders.to_string(), cap.to_string(), holders <= cap)
        }
        ListingMeter::Investment(worth, minimum) => {
            of(Kind::Investment, "A4", worth.to_string(), minimum.to_string(), minimum <= worth)
        }
        ListingMeter::Units(units, minimum) => {
            of(Kind::Units, "A5", units.to_string(), minimum.to_string(), minimum <= units)
        }
        ListingMeter::Deposit(free, asked) => {
            of(Kind::Deposit, "D1", free.to_string(), asked.to_string(), asked <= free)
        }
        ListingMeter::Intentions(count, most) => {
            of(Kind::Intentions, "D1", count.to_string(), most.to_string(), count <= most)
        }
        ListingMeter::OwnBids(count, most) => {
            of(Kind::OwnBids, "D2", count.to_string(), most.to_string(), count < most)
        }
        ListingMeter::AnnouncedUntil(today, last) => {
            of(Kind::AnnouncedUntil, "C2", today.to_string(), last.to_string(), today <= last)
        }
    }
}

/// What a trade of `worth` would cost `side` under these rates.
#[must_use]
pub fn fee_quote(side: Side, worth: Money, rates: &Rates) -> v1::QuoteFeesResponse {
    let (taker, maker) = match side {
        Side::Buy => (rates.taker_buy, rates.maker_buy),
        Side::Sell => (rates.taker_sell, rates.maker_sell),
    };
    let (taker, maker) = (worth.fee_down(taker), worth.fee_down(maker));
    let most = taker.max(maker);
    let net = match side {
        Side::Buy => worth.plus(most),
        Side::Sell => worth.minus(most),
    };
    v1::QuoteFeesResponse {
        worth: worth.to_string(),
        taker_fee: taker.to_string(),
        maker_fee: maker.to_string(),
        net: net.to_string(),
        ..Default::default()
    }
}

fn earliest(earliest: Earliest) -> v1::EarliestDate {
    use v1::earliest_date::Earliest as Told;
    let told = match earliest {
        Earliest::Now => Told::Now(true),
        Earliest::On(date) => Told::Date(date.to_string()),
        Earliest::BeyondCalendar => Told::BeyondCalendar(true),
    };
    v1::EarliestDate { earliest: Some(told) }
}
