//! Rules D: deposits, bids, awards and defaults.

use std::collections::BTreeSet;

use sfund_engine::bidding::Binding;
use sfund_engine::bidding::mode::{Code, Kind, LotEvent, Mode};
use sfund_engine::event::Event;
use sfund_engine::policy::choice::AfterDefault;
use sfund_engine::time::Time;

use crate::recovery::compliance::history::History;
use crate::recovery::compliance::listed::last;
use crate::recovery::compliance::{Line, Verdict, both, met};

/// What is due is handled when it is due, or in the second after.
const CLOCK_SECONDS: u64 = 1;

pub(super) fn lines(history: &History, lines: &mut Vec<Line>) {
    lines.extend([d1(history), d2(history), d3(history), d4(history), d5(history)]);
}

/// D1: nobody bids without a deposit, and each comes in time.
fn d1(history: &History) -> Line {
    let mut line = history.conducted().line("D1", both("保证金", "deposits"));
    let terms = &history.record.terms;
    let (free, most) = (terms.deposit_cash(), history.listed.rules.deposits.deposit_share_max);
    let mut fits = terms.deposit <= most;
    let mut paid: BTreeSet<Code> = BTreeSet::new();
    for seen in &history.seen {
        if let Event::DepositPaid(fact) = &seen.event {
            let Some(code) = history.code_of(fact.party) else { continue };
            fits &= due_of(history, code).is_some_and(|due| seen.at < due);
            paid.insert(code);
            let amount = fact.amount;
            let zh = format!("{code} 缴纳 {amount}");
            line.saw(seen, both(zh, format!("{code} paid {amount}")), None);
        } else if let Event::LotMoved(fact) = &seen.event {
            let bidder = match &fact.change {
                LotEvent::BidPlaced(bid) => Some(bid.bidder),
                LotEvent::Committed(commitment) => Some(commitment.bidder),
                LotEvent::Admitted(_)
                | LotEvent::PhaseBegan { .. }
                | LotEvent::ClockMoved(_)
                | LotEvent::BidMoved(..)
                | LotEvent::PriceCalled { .. }
                | LotEvent::Scored(..)
                | LotEvent::Offered(_)
                | LotEvent::OfferClosed(..)
                | LotEvent::Ended(_)
                | LotEvent::Barred(_) => None,
            };
            fits &= bidder.is_none_or(|code| paid.contains(&code) || free.fen() == 0);
        }
    }
    let verdict = if line.happened.is_empty() { history.pending() } else { met(fits) };
    line.judged(verdict)
}

fn due_of(history: &History, code: Code) -> Option<Time> {
    let bidder = history.bidders.iter().find(|bidder| bidder.code == code)?;
    let seen = history.seen.get(bidder.place)?;
    match_of!(&seen.event, Event::BidderQualified).map(|fact| fact.deposit_due)
}

/// D2: every bid came before the end that was in force.
fn d2(history: &History) -> Line {
    let mut line = history.conducted().line("D2", both("报价与时钟", "bids and the clock"));
    let (mut fits, mut ends, mut over, mut bids) = (true, None, false, 0_u32);
    for (seen, fact) in history.all(|event| match_of!(event, Event::LotMoved)) {
        match &fact.change {
            LotEvent::PhaseBegan { phase, ends: until, .. } => {
                ends = Some(*until);
                let zh = format!("阶段 {phase:?}，至 {until}");
                line.saw(seen, both(zh, format!("{phase:?} until {until}")), None);
            }
            LotEvent::ClockMoved(until) | LotEvent::PriceCalled { ends: until, .. } => {
                ends = Some(*until);
            }
            LotEvent::BidPlaced(_) | LotEvent::Committed(_) | LotEvent::Offered(_) => {
                bids = bids.saturating_add(1);
                fits &= ends.is_some_and(|ends| seen.at < ends);
            }
            LotEvent::Ended(at) => {
                over = true;
                let zh = format!("{at} 结束，共 {bids} 次报价，均在时限内：{fits}");
                let en = format!("over at {at}, after {bids} bids; all of them in time: {fits}");
                line.saw(seen, both(zh, en), None);
            }
            LotEvent::Admitted(_)
            | LotEvent::BidMoved(..)
            | LotEvent::Scored(..)
            | LotEvent::OfferClosed(..)
            | LotEvent::Barred(_) => {}
        }
    }
    let verdict = if over { met(fits) } else { history.pending() };
    line.judged(verdict)
}

/// D3: nobody outbids itself; no entry withdraws a bid, for there is none that could.
fn d3(history: &History) -> Line {
    let title = both("报价不得撤回、领先者不得自抬", "no bid is withdrawn, no leader bids on");
    let mut line = history.conducted().line("D3", title);
    let open = history.bidding.as_ref().and_then(|bidding| bidding.open.as_ref());
    let ascending = open.is_some_and(|open| match open.mode {
        Mode::English(_) | Mode::Enforcement(_) => true,
        Mode::Sealed(_)
        | Mode::Dutch(_)
        | Mode::Tender(_)
        | Mode::Negotiated(_)
        | Mode::Quotes(_) => false,
    });
    let (mut fits, mut leader, mut over) = (true, None, false);
    for (seen, fact) in history.all(|event| match_of!(event, Event::LotMoved)) {
        if let LotEvent::BidPlaced(bid) = &fact.change {
            let (code, price) = (bid.bidder, bid.terms.price);
            if bid.kind != Kind::Matched {
                fits &= !ascending || leader != Some(code);
                leader = Some(code);
            }
            line.saw(
                seen,
                both(format!("{code} 报价 {price}"), format!("{code} bid {price}")),
                None,
            );
        } else if let LotEvent::Ended(_) = &fact.change {
            over = true;
        }
    }
    let verdict = if over { met(fits) } else { history.pending() };
    line.judged(verdict)
}

/// D4: who won signs in time or forfeits, and losers have their deposits back.
fn d4(history: &History) -> Line {
    let mut line = history.conducted().line("D4", both("签约与退还", "contract and refunds"));
    let (mut fits, mut refund_due, mut signature_due) = (true, None, None);
    let (mut returned, mut unsigned) = (false, BTreeSet::new());
    for seen in &history.seen {
        if let Event::LotAwarded(fact) = &seen.event {
            // A second award is of what the first left: its losers have waited already.
            refund_due.get_or_insert(fact.refund_due);
            signature_due = Some(fact.signature_due);
            unsigned.extend(fact.award.winners().map(|won| won.bidder));
            let (sign, refund) = (fact.signature_due, fact.refund_due);
            let zh = format!("签约期限 {sign}，退还期限 {refund}");
            line.saw(seen, both(zh, format!("to be signed by {sign}, refunds by {refund}")), None);
        } else if let Event::ContractSigned(fact) = &seen.event {
            unsigned.retain(|code| history.code_of(fact.terms.party) != Some(*code));
            fits &= signature_due.is_some_and(|due| seen.at < due);
            line.saw(seen, both("签约", "signed"), Some(fact.terms.contract));
        } else if let Event::DepositForfeited(fact) = &seen.event {
            let (code, amount, why) = (fact.code, fact.amount, fact.why);
            let zh = format!("{code} 保证金 {amount} 不予退还：{why:?}");
            line.saw(seen, both(zh, format!("{code} forfeited {amount}: {why:?}")), None);
        } else if let Event::LotMoved(fact) = &seen.event {
            if let LotEvent::Barred(code) = &fact.change {
                unsigned.remove(code);
            }
        } else if let Event::DepositsReturned(_) = &seen.event {
            returned = true;
            let latest = refund_due.map(|due: Time| due.plus_seconds(CLOCK_SECONDS));
            fits &= latest.is_none_or(|latest| seen.at <= latest);
            line.saw(seen, both("保证金退还", "deposits went back"), None);
        }
    }
    let waits = history.bidding.as_ref().is_some_and(|bidding| {
        let deposited = |claim: &&sfund_engine::bidding::Claim| 0 < claim.held.fen();
        !returned && 1 < bidding.claims.iter().filter(deposited).count()
    });
    let overdue = refund_due.is_some_and(|due: Time| due.plus_seconds(CLOCK_SECONDS) < history.at);
    let verdict = match (refund_due, fits) {
        (None, _) => history.pending(),
        (Some(_), false) => Verdict::NotMet,
        (Some(_), true) if waits && overdue => Verdict::NotMet,
        (Some(_), true) if waits || !unsigned.is_empty() => history.pending(),
        (Some(_), true) => Verdict::Met,
    };
    line.judged(verdict)
}

/// D5: after a default the lot goes where the pack says, and the defaulter is out.
fn d5(history: &History) -> Line {
    let mut line = history.conducted().line("D5", both("违约处理", "a winner that defaults"));
    let after = history.conducted().rules.default.after_default;
    let (mut fits, mut barred, mut signed) = (true, BTreeSet::new(), BTreeSet::new());
    for seen in &history.seen {
        if let Event::LotMoved(fact) = &seen.event {
            if let LotEvent::Barred(code) = &fact.change {
                barred.insert(*code);
                line.saw(seen, both(format!("{code} 出局"), format!("{code} was barred")), None);
            }
        } else if let Event::ContractSigned(fact) = &seen.event {
            signed.extend(history.code_of(fact.terms.party));
        } else if let Event::AwardVoided(_) = &seen.event {
            // Who shared by right and has signed shares anew.
            signed.clear();
            line.saw(seen, both("成交作废", "the award was void"), None);
        } else if let Event::LotAwarded(fact) = &seen.event
            && !barred.is_empty()
        {
            // Of a lot that is shared, who signed keeps its part.
            let won = fact.award.winners().map(|won| won.bidder);
            let next: Vec<Code> = won.filter(|code| !signed.contains(code)).collect();
            fits &= next.is_empty() || after == AfterDefault::NextBidder;
            fits &= fact.binding == Binding::Offered;
            fits &= next.iter().all(|code| !barred.contains(code));
            let names: Vec<String> = next.iter().map(ToString::to_string).collect();
            let names = if names.is_empty() { "-".to_owned() } else { names.join("、") };
            let zh = format!("递补：{names}");
            line.saw(seen, both(zh, format!("offered to the next: {names}")), None);
        }
    }
    let is_awarded = last(history.all(|event| match_of!(event, Event::LotAwarded))).is_some();
    let verdict = match (!barred.is_empty(), is_awarded) {
        (true, _) => met(fits),
        (false, true) => Verdict::NotApplicable,
        (false, false) => history.pending(),
    };
    line.judged(verdict)
}
