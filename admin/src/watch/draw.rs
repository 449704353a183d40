//! The screen as a frame of the terminal.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};
use sfund_sdk::{Side, Trade, TradingState};

use crate::choice::Choice as _;
use crate::ladder::ladder;
use crate::output::grouped;
use crate::watch::screen::{Link, Screen, Watched};
use crate::words::Lang;

/// Cells across and down that a ladder takes.
const LADDER_WIDTH: u16 = 66;
const LADDER_HEIGHT: u16 = 15;
const ALERTS_HEIGHT: u16 = 6;

/// Red is the colour of buyers in China and of sellers elsewhere.
fn colour(side: Side, lang: Lang) -> Color {
    match (side, lang) {
        (Side::Buy, Lang::Zh) | (Side::Sell, Lang::En) => Color::Red,
        (Side::Sell, Lang::Zh) | (Side::Buy, Lang::En) => Color::Green,
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, screen: &Screen) {
    let rows = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(LADDER_HEIGHT),
        Constraint::Length(ALERTS_HEIGHT),
    ]);
    let [head, middle, foot] = rows.areas(frame.area());
    let [ladders, tape] =
        Layout::horizontal([Constraint::Min(LADDER_WIDTH), Constraint::Max(54)]).areas(middle);
    draw_head(frame, head, screen);
    draw_ladders(frame, ladders, screen);
    draw_tape(frame, tape, screen);
    draw_alerts(frame, foot, screen);
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let (word, style) = match screen.link {
        Link::Live => ("connected", Style::new().fg(Color::Green)),
        Link::CatchingUp | Link::Lost => ("connecting", Style::new().fg(Color::Yellow)),
    };
    let line = Line::from(vec![
        Span::styled(screen.name.as_str(), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(format!("  #{}  ", screen.sequence.number())),
        Span::styled(screen.lang.word(word), style),
        Span::raw(format!("  {}", screen.lang.word("quit"))),
    ]);
    frame.render_widget(Paragraph::new(line), area);
}

fn draw_ladders(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let across = (area.width / LADDER_WIDTH).max(1);
    let down = (area.height / LADDER_HEIGHT).max(1);
    let rows = Layout::vertical(vec![Constraint::Fill(1); usize::from(down)]).split(area);
    let cells = rows.iter().flat_map(|row| {
        let columns = Layout::horizontal(vec![Constraint::Fill(1); usize::from(across)]);
        columns.split(*row).to_vec()
    });
    for (cell, watched) in cells.zip(screen.funds.values().skip(screen.first)) {
        draw_ladder(frame, cell, watched, screen);
    }
}

fn draw_ladder(frame: &mut Frame<'_>, area: Rect, watched: &Watched, screen: &Screen) {
    let (fund, lang) = (&watched.fund, screen.lang);
    let state = screen.state(fund);
    let last = fund.last_price.map(|price| format!(" {price}")).unwrap_or_default();
    let state = match state {
        TradingState::Open => String::new(),
        TradingState::Halted | TradingState::Closed => {
            format!(" [{}]", lang.word(state.name()))
        }
    };
    let title = format!(" {} {}{last}{state} ", fund.id, fund.details.name);
    let lines = ladder(&watched.book, lang).into_iter().map(|line| {
        let style = line.side.map_or_else(Style::new, |side| Style::new().fg(colour(side, lang)));
        Line::styled(line.text, style)
    });
    let widget = Paragraph::new(lines.collect::<Vec<_>>()).block(Block::bordered().title(title));
    frame.render_widget(widget, area);
}

fn draw_tape(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let title = format!(" {} ", screen.lang.word("trades"));
    let lines = screen.tape.iter().take(usize::from(area.height));
    let lines = lines.map(|trade| {
        let side = trade.taker_side;
        let style = side.map_or_else(Style::new, |side| Style::new().fg(colour(side, screen.lang)));
        Line::styled(tape_line(trade), style)
    });
    let widget = Paragraph::new(lines.collect::<Vec<_>>()).block(Block::bordered().title(title));
    frame.render_widget(widget, area);
}

fn tape_line(trade: &Trade) -> String {
    let time = trade.time.to_string();
    let clock = time.split_once('T').and_then(|(_, clock)| clock.get(..8)).unwrap_or_default();
    let units = grouped(&trade.units.to_string());
    // The price comes first: a narrow terminal cuts what stands last.
    format!("{clock} {:>9} {units:>14} {}", trade.price.to_string(), trade.fund)
}

fn draw_alerts(frame: &mut Frame<'_>, area: Rect, screen: &Screen) {
    let title = format!(" {} ", screen.lang.word("alerts"));
    let lines = screen.alerts.iter().take(usize::from(area.height));
    let lines: Vec<_> = lines.map(|alert| Line::raw(alert.as_str())).collect();
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(title)), area);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use sfund_sdk::{
        Currency, Fund, FundDetails, FundId, Happening, LegalForm, MarketChange, Money, PartyId,
        Price, SegmentId, Sequence, Time, TradeId, TradingScope, Units, Volume,
    };

    use super::*;
    use crate::ladder::example;

    fn fund() -> Fund {
        let day = "2030-12-31".parse().unwrap();
        Fund {
            id: FundId::new(12),
            details: FundDetails {
                code: "SUZHOU-1".to_owned(),
                name: "Suzhou Growth I".to_owned(),
                manager: PartyId::new(7),
                legal_form: LegalForm::Partnership,
                province: "JS".to_owned(),
                currency: Currency::CNY,
                segment: SegmentId::new(0),
                tick: Price::from_e4(10),
                lot: Units::from_e2(1_000),
                minimum_ticket: Units::from_e2(10_000),
                holder_cap: None,
                term_ends: day,
            },
            issued: Units::from_e2(100_000_000_000),
            holders: 14,
            holder_cap: 50,
            state: TradingState::Open,
            effective_state: TradingState::Open,
            extensions: Vec::new(),
            reference: None,
            last_price: None,
            best_bid: None,
            best_ask: None,
            orders_open: 17,
            volume: Volume::default(),
        }
    }

    fn happening(sequence: u64, change: MarketChange) -> Happening<MarketChange> {
        Happening { sequence: Sequence::new(sequence), time: None, change }
    }

    #[test]
    fn the_screen_shows_ladders_the_tape_and_alerts() {
        let mut screen = Screen::new(Lang::En);
        screen.name = "S-Fund Exchange".to_owned();
        screen.watch(fund(), example());
        let trade = Trade {
            id: TradeId::new(81),
            fund: FundId::new(12),
            price: Price::from_e4(14_150),
            units: Units::from_e2(2_000_000),
            cash: Money::from_fen(2_830_000),
            taker_side: Some(Side::Buy),
            call: None,
            sequence: Sequence::new(1_040),
            time: Time::from_nanos(1_795_500_000_000_000_000),
        };
        screen.apply(happening(1_040, MarketChange::Trade(trade)));
        screen.apply(happening(1_040, MarketChange::Trade(trade)));
        screen.apply(happening(1_041, MarketChange::CaughtUp));
        let halted = MarketChange::TradingState {
            scope: TradingScope::Fund(FundId::new(12)),
            state: TradingState::Halted,
            reason: "announcement".to_owned(),
        };
        screen.apply(happening(1_042, halted));
        let mut terminal = Terminal::new(TestBackend::new(120, 22)).unwrap();
        terminal.draw(|frame| draw(frame, &screen)).unwrap();
        expect![[r#"
            "S-Fund Exchange  #1042  live  q quits                                                                                   "
            "┌ fund-12 Suzhou Growth I 1.4150 [halted] ───────────────────────┐┌ trades ────────────────────────────────────────────┐"
            "│      orders             units       price                      ││06:00:00    1.4150      20,000.00 fund-12           │"
            "│ask       12      4,000,000.00      1.4200  ██████████          ││                                                    │"
            "│ask        1        120,000.00      1.4150  ▎                   ││                                                    │"
            "│                                  ± 0.0030                      ││                                                    │"
            "│bid        3      8,000,000.00      1.4120  ████████████████████││                                                    │"
            "│bid        1        500,000.00      1.4100  █▎                  ││                                                    │"
            "│                                                                ││                                                    │"
            "│                                                                ││                                                    │"
            "│                                                                ││                                                    │"
            "│                                                                ││                                                    │"
            "│                                                                ││                                                    │"
            "│                                                                ││                                                    │"
            "│                                                                ││                                                    │"
            "└────────────────────────────────────────────────────────────────┘└────────────────────────────────────────────────────┘"
            "┌ alerts ──────────────────────────────────────────────────────────────────────────────────────────────────────────────┐"
            "│#1042 fund-12: halted (announcement)                                                                                  │"
            "│                                                                                                                      │"
            "│                                                                                                                      │"
            "│                                                                                                                      │"
            "└──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘"
        "#]].assert_eq(&terminal.backend().to_string());
    }

    #[test]
    fn a_small_terminal_is_no_reason_to_fall() {
        let mut screen = Screen::new(Lang::Zh);
        screen.watch(fund(), example());
        for (width, height) in [(1, 1), (20, 5), (300, 100)] {
            let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
            terminal.draw(|frame| draw(frame, &screen)).unwrap();
        }
    }
}
