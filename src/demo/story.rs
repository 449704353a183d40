//! The story: an LP leaves a fund, S-funds take its place, and the market says no where it must.

use std::path::Path;
use std::time::Instant;

use sfund_sdk::{
    Amendment, Answer, Client, Fill, Money, NewIntention, Order, OrderOutcome, OrderState, Price,
    Side, Units, Uuid,
};

use super::Error;
use super::acknowledged::Log;
use super::cast::{self, Cast, Player, SALE_UNITS_E2, whole_units as whole};
use super::say::{Narrator, grouped};

/// Levels of each side that a ladder shows.
const LEVELS: u16 = 5;
/// Ten-thousandths by which the first bid is too low.
const TOO_LOW_E4: u64 = 120;

/// An order that is asked for again after the restart.
pub(super) struct Asked {
    order: Order,
    attempt: Uuid,
    answer: Answer<OrderOutcome>,
}

/// Tells everything up to the restart.
pub(super) async fn tell(cast: &Cast, folder: &Path, narrator: &Narrator) -> Result<Asked, Error> {
    let mut log = Log::open(folder)?;
    let sale = Units::from_e2(SALE_UNITS_E2);
    ask_first(cast, sale, narrator).await?;
    let asked = offer(cast, sale, &mut log, narrator).await?;
    bid(cast, &mut log, narrator).await?;
    show_what_moved(cast, narrator).await?;
    show_refusals(cast, narrator).await?;
    Ok(asked)
}

async fn ask_first(cast: &Cast, sale: Units, narrator: &Narrator) -> Result<(), Error> {
    narrator.chapter("先看限额，再试一次", "Before it acts: the meters, and a dry run")?;
    let seller = &cast.seller;
    let meters = seller.client.trading().meters(cast.fund).await?;
    let (available, holders, cap) =
        (grouped(meters.units.available), meters.holders, meters.holder_cap);
    let trading = seller.client.trading();
    let quote = trading.quote_fees(cast.fund, Side::Sell, cast.price, sale).await?;
    let (fee, net) = (grouped(quote.maker_fee), grouped(quote.net));
    narrator.line(
        &format!("可用 {available} 份；持有人 {holders}/{cap}（A3）；手续费 {fee}，净得至少 {net}"),
        &format!(
            "{available} units available; holders {holders} of {cap} (A3); a fee of {fee}, so at \
             least {net} for the seller"
        ),
    )?;
    let order = Order::sell(cast.fund, sale).limit(cast.price).good_till_cancelled();
    let dry = seller.client.trading().place(order).dry_run().await?;
    let rests = dry.state == OrderState::Open;
    narrator.line(
        &format!(
            "试单：会被接受，{}；什么都没有发生",
            if rests { "并挂入订单簿" } else { "并成交" }
        ),
        &format!(
            "dry run: it would be taken and {}; nothing happened",
            if rests { "rest" } else { "trade" }
        ),
    )
}

async fn offer(
    cast: &Cast,
    sale: Units,
    log: &mut Log,
    narrator: &Narrator,
) -> Result<Asked, Error> {
    narrator
        .chapter("有限合伙人通过 SDK 挂出卖单", "The LP places its sell order through the SDK")?;
    let seller = &cast.seller;
    let order = Order::sell(cast.fund, sale).limit(cast.price).good_till_cancelled();
    let command = seller.client.trading().place(order);
    let attempt = command.id();
    let begun = Instant::now();
    let answer = command.await?;
    let taken = begun.elapsed();
    log.note(answer.sequence, attempt)?;
    let (units, price, sequence) = (grouped(sale), cast.price, answer.sequence.number());
    narrator.line(
        &format!(
            "卖出 {units} 份，限价 {price}：{}，第 {sequence} 条日志，落盘后应答，{taken:.1?}",
            answer.order
        ),
        &format!(
            "sell {units} at {price}: {}, entry {sequence}, durable and answered in {taken:.1?}",
            answer.order
        ),
    )?;
    show_book(cast, narrator).await?;
    Ok(Asked { order, attempt, answer })
}

async fn bid(cast: &Cast, log: &mut Log, narrator: &Narrator) -> Result<(), Error> {
    narrator.chapter("S基金通过 gRPC 出价", "Two S-funds bid over gRPC")?;
    let [first, second] = &cast.buyers;
    let low = Price::from_e4(cast.price.e4().saturating_sub(TOO_LOW_E4));
    let order = Order::buy(cast.fund, whole(2_000_000)).limit(low).good_till_cancelled();
    let resting = place(first, order, log, narrator).await?;
    show_book(cast, narrator).await?;
    let order = Order::buy(cast.fund, whole(3_000_000)).limit(cast.price).good_till_cancelled();
    place(second, order, log, narrator).await?;
    let amendment = Amendment::of(resting.order).price(cast.price).units(whole(5_000_000));
    let command = first.client.trading().amend(amendment);
    let attempt = command.id();
    let answer = command.await?;
    log.note(answer.sequence, attempt)?;
    let (price, name) = (cast.price, first.name);
    narrator.line(
        &format!("{name} 改单：5,000,000 份，{price}"),
        &format!("{name} amends its bid: 5,000,000 at {price}"),
    )?;
    show_fills(&answer.fills, narrator)?;
    show_book(cast, narrator).await
}

async fn place(
    buyer: &Player,
    order: Order,
    log: &mut Log,
    narrator: &Narrator,
) -> Result<OrderOutcome, Error> {
    let command = buyer.client.trading().place(order);
    let attempt = command.id();
    let answer = command.await?;
    log.note(answer.sequence, attempt)?;
    let (units, price, name) = (grouped(order.units), order.price.worst(), buyer.name);
    let hold = grouped(answer.hold);
    narrator.line(
        &format!("{name} 买入 {units} 份，限价 {price}：{}，冻结资金 {hold}", answer.order),
        &format!("{name} buys {units} at {price}: {}, cash of {hold} held", answer.order),
    )?;
    show_fills(&answer.fills, narrator)?;
    Ok(answer.value)
}

fn show_fills(fills: &[Fill], narrator: &Narrator) -> Result<(), Error> {
    for fill in fills {
        let (units, cash) = (grouped(fill.units), grouped(fill.cash));
        narrator.line(
            &format!(
                "  ✓ 成交 {}：{units} 份 × {} = {cash}，手续费 {}",
                fill.trade, fill.price, fill.fee
            ),
            &format!("  ✓ {}: {units} × {} = {cash}, fee {}", fill.trade, fill.price, fill.fee),
        )?;
    }
    Ok(())
}

async fn show_book(cast: &Cast, narrator: &Narrator) -> Result<(), Error> {
    let book = cast.seller.client.market().book(cast.fund, LEVELS).after(cast.newest()).await?;
    narrator.ladder(&book)
}

async fn show_what_moved(cast: &Cast, narrator: &Narrator) -> Result<(), Error> {
    narrator.chapter(
        "份额、资金、费用在同一条日志里过户",
        "Units, cash and fees moved, each trade in one entry",
    )?;
    let all = [&cast.seller].into_iter().chain(&cast.buyers);
    for player in all {
        let held =
            cast.operator.register().holding_of(player.id, cast.fund).after(cast.newest()).await?;
        let cash = cast.operator.settlement().cash_of(player.id).after(cast.newest()).await?;
        let cash = cash.value.iter().find(|cash| cash.currency == cast.currency);
        let cash = cash.map_or(Money::ZERO, |cash| cash.available.plus(cash.held));
        let (units, cash, currency) = (grouped(held.total()), grouped(cash), cast.currency);
        narrator.line(
            &format!("{}：{units} 份，资金 {cash} {currency}", player.name),
            &format!("{}: {units} units, cash {cash} {currency}", player.name),
        )?;
    }
    let houses = cast.operator.settlement().house_accounts().after(cast.newest()).await?;
    for house in houses.value.iter().filter(|house| house.currency == cast.currency) {
        let fees = grouped(house.fees);
        narrator.line(&format!("交易所手续费 {fees}"), &format!("the venue's fees: {fees}"))?;
    }
    let fund = cast.operator.market().fund(cast.fund).after(cast.newest()).await?;
    let (holders, issued) = (fund.holders, grouped(fund.issued));
    narrator.line(
        &format!("基金 {}：发行 {issued} 份，持有人 {holders} 名（穿透）", cast.fund_code),
        &format!("{}: {issued} units issued, {holders} holders looked through", cast.fund_code),
    )
}

async fn show_refusals(cast: &Cast, narrator: &Narrator) -> Result<(), Error> {
    narrator
        .chapter("市场拒绝什么，依据哪条规则", "What the market refuses, and under which rule")?;
    let [first, second] = &cast.buyers;
    narrator.line(
        "刚买入就想卖出（五个交易日间隔）：",
        "selling what was bought today (the 5-day rule):",
    )?;
    let order = Order::sell(cast.fund, whole(1_000_000)).limit(cast.price).good_till_cancelled();
    refused(&second.client, order, "a sale on the day of the purchase", narrator).await?;

    narrator.line("想成为满员基金的新持有人：", "a new holder for a fund that is full:")?;
    let order = Order::buy(cast.full_fund, whole(1_000_000)).limit(Price::from_e4(10_000));
    refused(&first.client, order, "a holder too many", narrator).await?;

    narrator.line("出让已质押的份额：", "selling pledged units:")?;
    let order = Order::sell(cast.pledged_fund, whole(2_000_000)).limit(Price::from_e4(14_120));
    refused(&cast.pledgor.client, order, "a sale of pledged units", narrator).await?;

    narrator
        .line("区域性股权市场不得连续竞价：", "continuous trading on a regional equity market:")?;
    let order = Order::sell(cast.regional_fund, whole(1_000_000)).limit(Price::from_e4(12_000));
    refused(&cast.pledgor.client, order, "a firm order under cn-regional", narrator).await?;
    suggest(cast, narrator).await
}

/// Instead of a firm order: intentions on the board, and a counterparty suggested.
async fn suggest(cast: &Cast, narrator: &Narrator) -> Result<(), Error> {
    let intention = |side, e4| NewIntention {
        party: None,
        fund: cast.regional_fund,
        side,
        price: Price::from_e4(e4),
        units: whole(1_000_000),
        expires: cast::in_days(30),
    };
    cast.pledgor.client.trading().post(intention(Side::Sell, 12_000)).await?;
    let buyer = &cast.buyers[0];
    let posted = buyer.client.trading().post(intention(Side::Buy, 12_500)).await?;
    let count = posted.suggested.len();
    narrator.line(
        &format!("改为在意向板登记（不具约束力）：系统向双方推荐了 {count} 个对手方"),
        &format!("so both post non-binding intentions: {count} counterparty suggested to each"),
    )
}

async fn refused(
    client: &Client,
    order: Order,
    what: &'static str,
    narrator: &Narrator,
) -> Result<(), Error> {
    match client.trading().place(order).await {
        Ok(_) => Err(Error::NotRefused(what)),
        Err(error) => match error.refusal() {
            Some(refusal) => narrator.refusal(refusal),
            None => Err(error.into()),
        },
    }
}

/// Sends an order again that was answered before the restart.
pub(super) async fn ask_again(
    cast: &Cast,
    asked: &Asked,
    narrator: &Narrator,
) -> Result<(), Error> {
    let again = cast.seller.client.trading().place(asked.order).attempt(asked.attempt).await?;
    if !again.repeated
        || again.sequence != asked.answer.sequence
        || again.value != asked.answer.value
    {
        return Err(Error::OtherAnswer);
    }
    let sequence = again.sequence.number();
    narrator.line(
        &format!("重启后重发同一请求：同一答案（第 {sequence} 条日志），没有第二次效果"),
        &format!(
            "the sell order sent again after the restart: the same answer (entry {sequence}), \
             no second effect"
        ),
    )
}
