//! Robots that go on trading until they are stopped, so that there is something to look at and
//! something to kill.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use sfund_sdk::{MassCancellation, Order, OrderId, OrderState, Price, Units};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use super::Error;
use super::acknowledged::Log;
use super::cast::{Cast, Player};
use super::say::Narrator;

/// Pause between two orders.
const PAUSE: Duration = Duration::from_millis(50);
/// Orders that the robots leave in the book before they cancel the oldest.
const RESTING_MAX: usize = 16;
/// Ten-thousandths around the price in which they ask and bid.
const SPREAD_E4: u64 = 40;

/// Most lots of one order, and hundredths of a unit in a lot of the demo's own fund.
const LOTS_MAX: u64 = 5;
const LOT_E2: u64 = 10_000;

/// What the robots have done.
#[derive(Default)]
struct Done {
    acknowledged: u64,
    trades: u64,
    refused: u64,
    turn: u64,
    resting: Vec<(usize, OrderId)>,
}

/// Trades until SIGINT or SIGTERM, or until the sellers have nothing left.
pub(super) async fn trade_until_stopped(
    cast: &Cast,
    folder: &Path,
    narrator: &Narrator,
) -> Result<(), Error> {
    let stopped = |kind| signal(kind).map_err(Error::Output);
    let (mut interrupt, mut terminate) =
        (stopped(SignalKind::interrupt())?, stopped(SignalKind::terminate())?);
    let mut log = Log::open(folder)?;
    let mut done = Done::default();
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("    {spinner} {msg}") {
        bar.set_style(style);
    }
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            _ = ticks.tick() => {}
        }
        turn(cast, &mut done, &mut log).await?;
        bar.tick();
        let Done { acknowledged, trades, refused, .. } = done;
        bar.set_message(
            narrator
                .word(
                    &format!("已确认 {acknowledged} 笔委托，成交 {trades} 笔，拒绝 {refused} 笔"),
                    &format!(
                        "{acknowledged} orders acknowledged, {trades} trades, {refused} refused"
                    ),
                )
                .to_owned(),
        );
    }
    bar.finish_and_clear();
    for player in players(cast) {
        player.client.trading().cancel_all(MassCancellation::default()).await?;
    }
    Ok(())
}

fn players(cast: &Cast) -> [&Player; 3] {
    [cast.robot_seller(), &cast.buyers[0], &cast.buyers[1]]
}

/// One order: an ask or a bid near the price, in turn and by a fixed pattern.
async fn turn(cast: &Cast, done: &mut Done, log: &mut Log) -> Result<(), Error> {
    done.turn = done.turn.wrapping_add(1);
    let players = players(cast);
    let who = usize::try_from(done.turn % 3).unwrap_or(0);
    let player = players[who];
    if RESTING_MAX <= done.resting.len() {
        let (whose, order) = done.resting.remove(0);
        // It may have traded in the meantime.
        drop(players[whose].client.trading().cancel(order).await);
    }
    let step = done.turn.wrapping_mul(7) % SPREAD_E4;
    let low = cast.robot_price().e4().saturating_sub(SPREAD_E4 / 2);
    let price = Price::from_e4(low.saturating_add(step));
    let lots = (done.turn % LOTS_MAX).saturating_add(1);
    let units = Units::from_e2(LOT_E2.saturating_mul(lots));
    let order = if who == 0 {
        Order::sell(cast.pledged_fund, units)
    } else {
        Order::buy(cast.pledged_fund, units)
    };
    let command = player.client.trading().place(order.limit(price).good_till_cancelled());
    let attempt = command.id();
    match command.await {
        Ok(answer) => {
            log.note(answer.sequence, attempt)?;
            done.acknowledged = done.acknowledged.saturating_add(1);
            let fills = u64::try_from(answer.fills.len()).unwrap_or(0);
            done.trades = done.trades.saturating_add(fills);
            if answer.state == OrderState::Open {
                done.resting.push((who, answer.order));
            }
            Ok(())
        }
        Err(error) if error.refusal().is_some() => {
            done.refused = done.refused.saturating_add(1);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
