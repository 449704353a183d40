//! The market live, full screen: ladders, the tape of trades, alerts. `q` quits.

mod draw;
mod screen;

use std::io::IsTerminal as _;
use std::thread;
use std::time::Duration;

use clap::Args;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use sfund_sdk::{FundFilter, FundId, MarketStream, Sequence};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::context::{Context, Named};
use crate::failure::Failure;
use crate::watch::screen::{Link, Screen};

/// Most funds that are watched: as many as a stream may name.
const FUNDS_MAX: usize = 100;
/// Levels of each side of a ladder.
const LEVELS: u16 = 5;
/// Trades of each fund that the tape begins with.
const TAPE_START: u16 = 20;
/// The screen is drawn at most so often.
const FRAME: Duration = Duration::from_millis(100);
/// Wait before a stream that could not be opened is tried again.
const REOPEN: Duration = Duration::from_secs(2);

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Funds to watch: ids or codes; else the first ones.
    funds: Vec<Named<FundId>>,
}

/// What a key asks for.
enum Press {
    Quit,
    Next,
    Previous,
}

pub(crate) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    if !std::io::stdout().is_terminal() {
        return Err(Failure::NoTerminal);
    }
    let mut screen = Screen::new(context.output.lang);
    let stream = load(context, &arguments, &mut screen).await?;
    let mut terminal = ratatui::try_init()?;
    let ended = watch(&mut terminal, screen, stream).await;
    ratatui::restore();
    ended
}

/// Fills the screen with what is there, and opens the stream where that ends.
async fn load(
    context: &Context,
    arguments: &Arguments,
    screen: &mut Screen,
) -> Result<MarketStream, Failure> {
    let market = context.client.market();
    let mut funds = Vec::new();
    for fund in &arguments.funds {
        let id = context.fund(fund).await?;
        funds.push(market.fund(id).await?.value);
    }
    if funds.is_empty() {
        funds = market.funds(FundFilter::default()).all(FUNDS_MAX).await?;
    }
    let ids: Vec<_> = funds.iter().map(|fund| fund.id).take(FUNDS_MAX).collect();
    let mut oldest: Option<Sequence> = None;
    for fund in funds {
        let book = market.book(fund.id, LEVELS).await?;
        oldest = Some(oldest.map_or(book.sequence, |oldest| oldest.min(book.sequence)));
        for trade in market.trades(fund.id).page_size(TAPE_START).await?.items {
            screen.traded(trade);
        }
        screen.watch(fund, book.value);
    }
    let venue = market.venue().await?.value;
    (screen.name, screen.venue) = (venue.name, venue.state);
    for segment in market.segments().all(usize::MAX).await? {
        screen.segments.insert(segment.id, segment.state);
    }
    let stream = market.stream().funds(&ids).levels(LEVELS);
    Ok(match oldest {
        Some(sequence) => stream.after(sequence).open(),
        None => stream.open(),
    })
}

async fn watch(
    terminal: &mut DefaultTerminal,
    mut screen: Screen,
    mut stream: MarketStream,
) -> Result<(), Failure> {
    let mut presses = presses();
    let mut frames = interval(FRAME);
    frames.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut changed = true;
    loop {
        tokio::select! {
            press = presses.recv() => {
                match press {
                    Some(Press::Quit) | None => return Ok(()),
                    Some(Press::Next) => screen.turn(1),
                    Some(Press::Previous) => screen.turn(-1),
                }
                changed = true;
            }
            event = stream.next() => {
                match event {
                    Ok(event) => screen.apply(event),
                    Err(error) => {
                        screen.link = Link::Lost;
                        screen.alert(error.to_string());
                        terminal.draw(|frame| draw::draw(frame, &screen))?;
                        sleep(REOPEN).await;
                    }
                }
                changed = true;
            }
            _ = frames.tick() => {
                changed |= screen.connected(stream.is_connected());
                if changed {
                    terminal.draw(|frame| draw::draw(frame, &screen))?;
                    changed = false;
                }
            }
        }
    }
}

/// Keys from a thread of their own: reading them blocks.
fn presses() -> mpsc::Receiver<Press> {
    let (sender, receiver) = mpsc::channel(16);
    thread::spawn(move || {
        while let Ok(event) = event::read() {
            let Some(press) = press(&event) else { continue };
            if sender.blocking_send(press).is_err() {
                return;
            }
        }
    });
    receiver
}

fn press(event: &Event) -> Option<Press> {
    // A change of size is drawn with the next press as well.
    let key = event.as_key_event().filter(|key| key.kind == KeyEventKind::Press)?;
    if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
        return Some(Press::Quit);
    }
    let means = [
        (KeyCode::Char('q'), Press::Quit),
        (KeyCode::Esc, Press::Quit),
        (KeyCode::Right, Press::Next),
        (KeyCode::Down, Press::Next),
        (KeyCode::Tab, Press::Next),
        (KeyCode::Left, Press::Previous),
        (KeyCode::Up, Press::Previous),
    ];
    means.into_iter().find(|(code, _)| *code == key.code).map(|(_, press)| press)
}
