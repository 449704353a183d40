//! Rules C: announcement, price and payment, as they bind a state-owned seller, and the pack's
//! where it asks the same of everybody.

use sfund_engine::amount::{Ppm, Price};
use sfund_engine::bidding::mode::Mode;
use sfund_engine::event::Event;
use sfund_engine::listing::terms::Payment;
use sfund_engine::policy::Permission;
use sfund_engine::policy::choice::InterimPrice;

use crate::recovery::compliance::history::History;
use crate::recovery::compliance::listed::{last, mode_name};
use crate::recovery::compliance::{Line, Verdict, both, met};

pub(super) fn lines(history: &History, lines: &mut Vec<Line>) {
    lines.extend([
        c1(history),
        c2(history),
        c3(history),
        c4(history),
        c5(history),
        c6(history),
        c7(history),
    ]);
}

/// C1: the appraisal is good on the day of each step that rests on it.
fn c1(history: &History) -> Line {
    let mut line = history.listed.line("C1", both("评估备案", "filed appraisal"));
    let Some(state) = &history.listed.state else { return line };
    let Some(appraisal) = &history.record.terms.appraisal else {
        return line.judged(Verdict::NotMet);
    };
    let (filing, base) = (&appraisal.filing, appraisal.base_date);
    let valid = i32::from(state.price.appraisal_valid_days);
    let mut fits = true;
    for seen in &history.seen {
        let step = if let Event::ListingAnnounced(_) = &seen.event {
            both("挂牌", "the announcement")
        } else if let Event::LotAwarded(_) = &seen.event {
            both("确定受让方", "the award")
        } else if let Event::ContractSigned(_) = &seen.event {
            both("签约", "the contract")
        } else {
            continue;
        };
        let age = seen.today.days().saturating_sub(base.days());
        fits &= (0..=valid).contains(&age);
        let zh = format!("{}时，备案 {filing} 距基准日 {base} 共 {age} 天", step.zh);
        let en = format!("at {} {filing} was {age} days after its base date {base}", step.en);
        line.saw(seen, both(zh, en), None);
    }
    let verdict = if line.happened.is_empty() { history.pending() } else { met(fits) };
    line.judged(verdict)
}

/// C2: announcements, extensions and other prices are as long as asked, and run to their end.
fn c2(history: &History) -> Line {
    let mut line = history.listed.line("C2", both("信息披露期", "announcement period"));
    let rules = &history.listed.rules.announcement;
    let (mut fits, mut extensions, mut ends) = (true, 0_u16, None);
    for seen in &history.seen {
        if let Event::ListingAnnounced(fact) = &seen.event {
            let period = fact.period;
            fits &= rules.announcement_working_days_min <= period.working_days;
            ends = Some(period.ends);
            let (days, last) = (period.working_days, period.last);
            let zh = format!("公告 {days} 个工作日，至 {last}");
            line.saw(seen, both(zh, format!("announced for {days} working days, to {last}")), None);
        } else if let Event::ListingExtended(fact) = &seen.event {
            extensions = extensions.saturating_add(1);
            fits &= rules.extension_working_days_min <= fact.working_days;
            ends = Some(fact.period.ends);
            let (days, last) = (fact.working_days, fact.period.last);
            let zh = format!("延长 {days} 个工作日，至 {last}");
            line.saw(seen, both(zh, format!("extended by {days} working days, to {last}")), None);
        } else if let Event::ListingRepriced(fact) = &seen.event {
            fits &= rules.reprice_working_days_min <= fact.period.working_days;
            ends = Some(fact.period.ends);
            let (floor, last) = (fact.terms.floor, fact.period.last);
            let zh = format!("底价改为 {floor}，公告至 {last}");
            line.saw(seen, both(zh, format!("floor {floor}, announced to {last}")), None);
        } else if let Event::ListingChanged(fact) = &seen.event {
            ends = Some(fact.period.ends);
            let last = fact.period.last;
            let zh = format!("内容变更，公告至 {last}");
            line.saw(seen, both(zh, format!("changed, announced to {last}")), None);
        } else if let Event::ListingSuspended(fact) = &seen.event {
            let until = fact.until;
            let zh = format!("中止至 {until}");
            line.saw(seen, both(zh, format!("suspended until {until}")), None);
        } else if let Event::ListingResumed(fact) = &seen.event {
            ends = Some(fact.period.ends);
            fits &= rules.resumed_left_working_days_min <= fact.period.working_days;
            let last = fact.period.last;
            line.saw(seen, both(format!("恢复，至 {last}"), format!("resumed, to {last}")), None);
        } else if let Event::ListingClosed(_) = &seen.event {
            fits &= ends.is_some_and(|ends| ends <= seen.at);
            line.saw(seen, both("公告期满", "the announcement was over"), None);
        }
    }
    fits &= extensions <= rules.extensions_max;
    let verdict = if ends.is_none() { history.pending() } else { met(fits) };
    line.judged(verdict)
}

/// C3: the floor against the filed value.
fn c3(history: &History) -> Line {
    let mut line = history.listed.line("C3", both("底价", "floor"));
    let (Some(state), Some(appraisal)) = (&history.listed.state, &history.record.terms.appraisal)
    else {
        return line;
    };
    let value = appraisal.value;
    let (mut fits, mut consent) = (true, None);
    for seen in &history.seen {
        let floor = seen.floor;
        let what = || {
            let zh = format!("底价 {floor}，备案值 {value}");
            both(zh, format!("floor {floor}, filed value {value}"))
        };
        if let Event::GateClosed(fact) = &seen.event {
            consent = consent.or(fact.evidence);
        } else if let Event::ListingAnnounced(_) = &seen.event {
            fits &= share(value, state.price.first_floor_min) <= floor;
            line.saw(seen, what(), None);
        } else if let Event::ListingRepriced(fact) = &seen.event {
            let low = floor < share(value, state.price.floor_min);
            fits &= !low || fact.terms.consent.is_some();
            line.saw(seen, what(), fact.terms.consent.map(|consent| consent.bytes()));
        }
    }
    let verdict = if line.happened.is_empty() { history.pending() } else { met(fits) };
    line.judged(verdict)
}

/// So much of a price, rounded up.
fn share(price: Price, share: Ppm) -> Price {
    let product = u128::from(price.e4()).saturating_mul(u128::from(share.get()));
    Price::from_e4(u64::try_from(product.div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

/// C4: several compete, one negotiates, none ends it.
fn c4(history: &History) -> Line {
    let mut line = history.listed.line("C4", both("竞价或协商", "competition where there are two"));
    let mut verdict = history.pending();
    for (seen, fact) in history.all(|event| match_of!(event, Event::BiddingOpened)) {
        let count = history.entrants;
        let negotiated = matches!(fact.mode, Mode::Negotiated(_));
        verdict = met(if count == 1 {
            negotiated
        } else {
            negotiated == (history.record.terms.method.to_string() == "negotiated")
        });
        let mode = mode_name(&fact.mode);
        let zh = format!("{count} 名意向受让方缴纳保证金，方式 {mode}");
        line.saw(seen, both(zh, format!("{count} had paid a deposit; mode {mode}")), None);
    }
    line.judged(verdict)
}

/// C5: the price does not follow the interim period.
fn c5(history: &History) -> Line {
    let mut line = history.listed.line("C5", both("过渡期", "interim period"));
    let Some(state) = &history.listed.state else { return line };
    let interim = history.record.terms.interim;
    for (seen, _) in history.all(|event| match_of!(event, Event::ListingAnnounced)) {
        let zh = format!("过渡期安排：{interim:?}");
        line.saw(seen, both(zh, format!("cash flows of the interim period: {interim:?}")), None);
    }
    let fixed = state.price.interim_price == InterimPrice::Fixed;
    let verdict = if line.happened.is_empty() {
        history.pending()
    } else {
        met(!fixed || !interim.moves_price())
    };
    line.judged(verdict)
}

/// C6: how the price is paid; that it was is settlement's to tell.
fn c6(history: &History) -> Line {
    let mut line = history.listed.line("C6", both("价款支付", "payment of the price"));
    let rules = &history.listed.rules.payment;
    let payment = history.record.terms.payment;
    let fits = match payment {
        Payment::Once { working_days } => working_days <= rules.payment_working_days,
        Payment::Instalments { first, working_days, rest_days, .. } => {
            rules.instalments == Permission::Allowed
                && working_days <= rules.payment_working_days
                && rules.first_instalment_share_min <= first
                && rest_days <= rules.instalment_days_max
        }
    };
    for (seen, fact) in history.all(|event| match_of!(event, Event::ContractSigned)) {
        let terms = match payment {
            Payment::Once { working_days } => {
                let zh = format!("签约；一次付清，{working_days} 个工作日内");
                both(zh, format!("signed; to be paid within {working_days} working days"))
            }
            Payment::Instalments { first, working_days, .. } => {
                let first = first.get();
                let zh = format!("签约；分期，首期 {first} ppm，{working_days} 个工作日内");
                let en = format!("signed; {first} ppm first, within {working_days} working days");
                both(zh, en)
            }
        };
        line.saw(seen, terms, Some(fact.terms.contract));
    }
    let handed_over = history.all(|event| match_of!(event, Event::DealHandedOver)).next().is_some();
    let waits = !line.happened.is_empty() || handed_over;
    let verdict = match (fits, waits) {
        (false, _) => Verdict::NotMet,
        (true, true) => Verdict::NotDue,
        (true, false) => history.pending(),
    };
    line.judged(verdict)
}

/// C7: the result is shown long enough.
fn c7(history: &History) -> Line {
    let mut line = history.conducted().line("C7", both("成交公示", "notice of the result"));
    let awarded = last(history.all(|event| match_of!(event, Event::LotAwarded)));
    let Some((seen, fact)) = awarded else {
        let verdict = history.pending();
        return line.judged(verdict);
    };
    let until = fact.shown_until;
    line.saw(seen, both(format!("公示至 {until}"), format!("shown until {until}")), None);
    let mut verdict = history.pending();
    for (seen, _) in history.all(|event| match_of!(event, Event::DealHandedOver)) {
        verdict = met(until <= seen.at);
        line.saw(seen, both("移交结算", "handed over to settlement"), None);
    }
    line.judged(verdict)
}
