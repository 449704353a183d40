//! Makes a plan that fails as small and as plain as it can be and still fail.

use crate::sequencer::Mode;
use crate::simulation::plan::{Step, Style, Wish};

/// The smallest plan found for which `fails` still says so. The same plan gives the same answer.
pub(super) fn shrink(plan: Vec<Step>, fails: &mut dyn FnMut(&[Step]) -> bool) -> Vec<Step> {
    let mut plan = plan;
    loop {
        let before = plan.clone();
        plan = cut(plan, fails);
        for at in 0..plan.len() {
            while let Some(plainer) = plainer(plan[at]) {
                let mut tried = plan.clone();
                tried[at] = plainer;
                if !fails(&tried) {
                    break;
                }
                plan = tried;
            }
        }
        if plan == before {
            return plan;
        }
    }
}

/// Leaves out runs of steps, the longest first.
fn cut(mut plan: Vec<Step>, fails: &mut dyn FnMut(&[Step]) -> bool) -> Vec<Step> {
    let mut length = plan.len().div_ceil(2);
    while 0 < length {
        let mut from = plan.len().saturating_sub(length);
        loop {
            let mut tried = plan.clone();
            tried.drain(from..plan.len().min(from + length));
            if tried.len() < plan.len() && fails(&tried) {
                plan = tried;
            }
            if from == 0 {
                break;
            }
            from = from.saturating_sub(length);
        }
        length /= 2;
    }
    plan
}

/// A step that says less, if there is one.
fn plainer(step: Step) -> Option<Step> {
    let plain = match step {
        Step::Ask { who, wish, mode: Mode::DryRun } => Step::Ask { who, wish, mode: Mode::Commit },
        Step::Ask { who, wish, mode } => Step::Ask { who, wish: plainer_wish(wish), mode },
        Step::Again { .. } => Step::Again { pick: 0 },
        Step::Deliver { .. } => Step::Deliver { pick: 0 },
        Step::Lose { .. } => Step::Lose { pick: 0 },
        Step::Double { .. } => Step::Double { pick: 0 },
        Step::Forge { how, .. } => Step::Forge { pick: 0, how },
        Step::Watch { .. } => Step::Watch { reader: 0, entries: 1 },
        Step::Pass { seconds } => Step::Pass { seconds: seconds / 2 },
        Step::Crash { .. } => Step::Crash { kept: 0 },
        Step::Die { at, .. } => Step::Die { at, kept: 0 },
        Step::Flip { .. } => Step::Flip { bit: 0 },
        other @ (Step::Disconnect { .. } | Step::Work(_) | Step::Stop | Step::Lie) => other,
    };
    (plain != step).then_some(plain)
}

fn plainer_wish(wish: Wish) -> Wish {
    match wish {
        Wish::Order { side, fund, cents, units, style } if style != Style::Plain => {
            Wish::Order { side, fund, cents, units, style: Style::Plain }
        }
        Wish::Order { side, style, .. } => {
            Wish::Order { side, fund: 0, cents: 100, units: 1, style }
        }
        Wish::Amend { .. } => Wish::Amend { pick: 0, cents: 100, units: 1 },
        Wish::Cancel { .. } => Wish::Cancel { pick: 0 },
        Wish::Deposit { .. } | Wish::Withdraw { .. } => Wish::Deposit { yuan: 1 },
        Wish::Settle { confirmed, .. } => Wish::Settle { pick: 0, confirmed },
        other => other,
    }
}
