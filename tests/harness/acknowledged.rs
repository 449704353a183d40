//! What a server's side says on stdout for the record: what was acknowledged, and when.

use std::collections::BTreeMap;

use sfund_sdk::FundId;

/// What begins a line that is said for the record.
pub const SAID: &str = "said: ";

/// What was acknowledged up to some moment of a run.
#[derive(Clone, Default)]
pub struct Acknowledged {
    pub fund: Option<FundId>,
    pub keys: Vec<String>,
    pub newest: u64,
    pub answers: BTreeMap<u128, String>,
    rest: String,
}

impl Acknowledged {
    /// Takes in what was said next.
    pub fn hear(&mut self, text: &str) {
        self.rest.push_str(text);
        while let Some((line, rest)) = self.rest.split_once('\n') {
            if let Some((_, said)) = line.split_once(SAID) {
                let words: Vec<_> = said.splitn(4, ' ').collect();
                match words.as_slice() {
                    ["fund", fund] => self.fund = Some(FundId::new(fund.parse().unwrap())),
                    ["key", key] => self.keys.push((*key).to_owned()),
                    ["answer", number, sequence, answer] => {
                        let sequence = sequence.rsplit('-').next().unwrap().parse().unwrap();
                        self.newest = self.newest.max(sequence);
                        self.answers.insert(number.parse().unwrap(), (*answer).to_owned());
                    }
                    other => panic!("{other:?} was said"),
                }
            }
            self.rest = rest.to_owned();
        }
    }
}
