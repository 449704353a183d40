//! Parameters as a table: each rule's number or choice with its name, unit, range and rule (参数).
//!
//! A group of rules is declared once. From that one place come its stored bytes, the check of its
//! ranges, and the names by which files, messages and people know it.

use crate::amount::Ppm;
use crate::policy::Permission;

/// What a value of a parameter may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A whole number from `min` to `max`.
    Number {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// One of these words; its number is its place.
    Choice(&'static [&'static str]),
    /// Any of these words; each is the bit of its place.
    Set(&'static [&'static str]),
}

impl Form {
    /// The largest number that stands for a value; the smallest is that of a number, or 0.
    #[must_use]
    pub fn bounds(self) -> (u64, u64) {
        match self {
            Self::Number { min, max } => (min, max),
            Self::Choice(words) => {
                let last = words.len().saturating_sub(1);
                (0, u64::try_from(last).unwrap_or(u64::MAX))
            }
            Self::Set(words) => (0, full(words)),
        }
    }
}

/// Every bit of a set of words.
fn full(words: &[&str]) -> u64 {
    let words = u32::try_from(words.len()).unwrap_or(u32::MAX);
    1_u64.checked_shl(words).map_or(u64::MAX, |above| above.saturating_sub(1))
}

/// A parameter of a pack, without its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, unique within a pack.
    pub name: &'static str,
    /// What its values may be.
    pub form: Form,
    /// Unit of the value.
    pub unit: &'static str,
    /// Rule of the rulebook that it belongs to, or `limit`.
    pub rule: &'static str,
}

impl Parameter {
    /// A value in words: a number, a word, or words in a row with commas between.
    ///
    /// # Panics
    ///
    /// Never for a value that a pack holds: what the words do not reach is not shown.
    #[must_use]
    pub fn show(&self, value: u64) -> String {
        match self.form {
            Form::Number { .. } => value.to_string(),
            Form::Choice(words) => {
                let place = usize::try_from(value).ok();
                place.and_then(|place| words.get(place)).map_or_else(String::new, |w| (*w).into())
            }
            Form::Set(words) => {
                let named = |(place, word): (usize, &&'static str)| {
                    let bit = 1_u64.checked_shl(u32::try_from(place).ok()?)?;
                    (value & bit != 0).then_some(*word)
                };
                words.iter().enumerate().filter_map(named).collect::<Vec<_>>().join(",")
            }
        }
    }

    /// The value that these words are, as [`Self::show`] writes it; `None` if it is none, or out
    /// of its range.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<u64> {
        match self.form {
            Form::Number { min, max } => {
                let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = digits.then(|| text.parse::<u64>().ok())??;
                (min <= number && number <= max).then_some(number)
            }
            Form::Choice(words) => {
                let place = words.iter().position(|word| *word == text)?;
                u64::try_from(place).ok()
            }
            Form::Set(_) if text.is_empty() => Some(0),
            Form::Set(words) => text.split(',').try_fold(0_u64, |set, word| {
                let place = words.iter().position(|known| *known == word)?;
                let bit = 1_u64.checked_shl(u32::try_from(place).ok()?)?;
                (set & bit == 0).then_some(set | bit)
            }),
        }
    }

    /// What its values may be, for those who wrote another.
    #[must_use]
    pub fn expected(&self) -> String {
        match self.form {
            Form::Number { min, max } => format!("a whole number from {min} to {max}"),
            Form::Choice(words) => quoted(words, " or "),
            Form::Set(words) => format!("a list of {}", quoted(words, " and ")),
        }
    }
}

fn quoted(words: &[&str], last: &str) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
    match words.split_last() {
        Some((end, first)) if !first.is_empty() => format!("{}{last}{end}", first.join(", ")),
        Some((end, _)) => end.clone(),
        None => String::new(),
    }
}

/// A value that stands in a pack as a number.
pub trait Value: Copy {
    /// The number that stands for it.
    fn number(self) -> u64;
    /// The value that `number` stands for, if any.
    fn from_number(number: u64) -> Option<Self>;
}

impl Value for u16 {
    fn number(self) -> u64 {
        self.into()
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::try_from(number).ok()
    }
}

impl Value for u32 {
    fn number(self) -> u64 {
        self.into()
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::try_from(number).ok()
    }
}

impl Value for Ppm {
    fn number(self) -> u64 {
        self.get().into()
    }

    fn from_number(number: u64) -> Option<Self> {
        u32::try_from(number).ok().map(Self::new)
    }
}

/// Rules that are made of parameters.
pub trait Rules: Sized {
    /// Appends every parameter and its value, in the order of the rulebook.
    fn list(&self, into: &mut Vec<(&'static Parameter, u64)>);

    /// Makes the rules from what `ask` says of each parameter. All are asked for, in order, even
    /// after one that has no answer.
    fn fill(ask: &mut dyn FnMut(&'static Parameter) -> Option<u64>) -> Option<Self>;

    /// Every parameter and its value, in the order of the rulebook.
    fn parameters(&self) -> Vec<(&'static Parameter, u64)> {
        let mut all = Vec::new();
        self.list(&mut all);
        all
    }

    /// The parameters that such rules have, in the order of the rulebook.
    fn known() -> Vec<&'static Parameter> {
        let mut known = Vec::new();
        let none = Self::fill(&mut |parameter| {
            known.push(parameter);
            None
        });
        assert!(none.is_none(), "rules without a value for their parameters are none");
        known
    }
}

/// Words that a parameter chooses from. Numbers are for ever; they are the places of the words.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $number:literal $variant:ident $word:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
        #[cbor(index_only)]
        pub enum $name {
            $($(#[$of])* #[n($number)] $variant,)*
        }

        words! { $name { $($number $variant $word;)* } }
    };
}

/// The words of a choice that is declared elsewhere.
macro_rules! words {
    ($name:ident { $($number:literal $variant:ident $word:literal;)* }) => {
        impl $name {
            /// The words, by number.
            pub const WORDS: &'static [&'static str] = &[$($word),*];
        }

        impl Value for $name {
            fn number(self) -> u64 {
                match self {
                    $(Self::$variant => $number,)*
                }
            }

            fn from_number(number: u64) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

/// A group of parameters: `number name: type, form, unit, rule`. Numbers are for ever.
macro_rules! parameters {
    ($(#[$doc:meta])* $group:ident {
        $($(#[$of:meta])* $number:literal $name:ident: $type:ty, $form:expr, $unit:literal, $rule:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
        pub struct $group {
            $($(#[$of])* #[n($number)] pub $name: $type,)*
        }

        impl $group {
            const KNOWN: &'static [Parameter] = &[$(Parameter {
                name: stringify!($name),
                form: $form,
                unit: $unit,
                rule: $rule,
            }),*];
        }

        impl Rules for $group {
            fn list(&self, into: &mut Vec<(&'static Parameter, u64)>) {
                into.extend(Self::KNOWN.iter().zip([$(self.$name.number()),*]));
            }

            fn fill(ask: &mut dyn FnMut(&'static Parameter) -> Option<u64>) -> Option<Self> {
                let mut known = Self::KNOWN.iter();
                $(let $name = known.next().and_then(&mut *ask).and_then(Value::from_number);)*
                Some(Self { $($name: $name?),* })
            }
        }
    };
}

/// Rules made of groups of parameters. Numbers are for ever.
macro_rules! groups {
    ($(#[$doc:meta])* $rules:ident { $($(#[$of:meta])* $number:literal $name:ident: $group:ty;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
        pub struct $rules {
            $($(#[$of])* #[n($number)] pub $name: $group,)*
        }

        impl Rules for $rules {
            fn list(&self, into: &mut Vec<(&'static Parameter, u64)>) {
                $(self.$name.list(into);)*
            }

            fn fill(ask: &mut dyn FnMut(&'static Parameter) -> Option<u64>) -> Option<Self> {
                $(let $name = <$group>::fill(ask);)*
                Some(Self { $($name: $name?),* })
            }
        }
    };
}

pub(super) use {choice, groups, parameters, words};

words! { Permission { 0 Forbidden "forbidden"; 1 Allowed "allowed"; } }

/// A whole number from `min` to `max`.
pub(super) const fn from_to(min: u64, max: u64) -> Form {
    Form::Number { min, max }
}

/// Any of the words of a permission.
pub(super) const PERMISSION: Form = Form::Choice(Permission::WORDS);
/// A share of a whole, in parts per million.
pub(super) const SHARE: Form = from_to(0, 1_000_000);
/// Some calendar days, at least one, at most a year.
pub(super) const DAYS: Form = from_to(1, 366);
/// Calendar days up to a year, or none.
pub(super) const DAYS_OR_NONE: Form = from_to(0, 366);
/// Some working days, at least one, at most those of a year.
pub(super) const WORKING_DAYS: Form = from_to(1, 250);
/// Working days up to those of a year, or none.
pub(super) const WORKING_DAYS_OR_NONE: Form = from_to(0, 250);
/// Minutes, up to thirty days.
pub(super) const MINUTES: Form = from_to(1, 43_200);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::policy::fixture::{listing_rules, matching_rules, state_rules};
    use crate::policy::listing::ListingRules;
    use crate::policy::matching::MatchingRules;
    use crate::policy::overlay::StateRules;

    #[test]
    fn a_parameter_has_one_name_a_unit_and_a_rule() {
        let pack = [ListingRules::known(), MatchingRules::known()].concat();
        for known in [pack, StateRules::known()] {
            let names: BTreeSet<_> = known.iter().map(|parameter| parameter.name).collect();
            assert_eq!(names.len(), known.len(), "no two have one name");
            for Parameter { name, unit, rule, form } in known {
                assert!(!unit.is_empty() && !rule.is_empty(), "{name}");
                let (min, max) = form.bounds();
                assert!(min < max, "{name}");
            }
        }
    }

    #[test]
    fn rules_are_what_their_parameters_say() {
        fn again<R: Rules + PartialEq + std::fmt::Debug>(rules: &R) {
            let listed = rules.parameters();
            assert_eq!(listed.iter().map(|(known, _)| *known).collect::<Vec<_>>(), R::known());
            let mut said = listed.iter();
            let read = R::fill(&mut |parameter| {
                let (known, value) = said.next().unwrap();
                assert_eq!(*known, parameter, "in order");
                parameter.read(&parameter.show(*value))
            });
            assert_eq!(read.as_ref(), Some(rules));
            for missing in R::known() {
                let without = |parameter: &'static Parameter| {
                    let (_, value) = listed.iter().find(|(known, _)| *known == parameter)?;
                    (parameter != missing).then_some(*value)
                };
                assert!(R::fill(&mut { without }).is_none(), "{} is missing", missing.name);
            }
        }
        again(&listing_rules());
        again(&state_rules());
        again(&matching_rules());
    }

    #[test]
    fn a_value_is_read_as_it_is_shown_and_nothing_else_is() {
        let number = Parameter { name: "n", form: from_to(2, 30), unit: "days", rule: "B1" };
        assert_eq!(["2", "30", "007"].map(|text| number.read(text)), [Some(2), Some(30), Some(7)]);
        for bad in ["", "1", "31", "-2", "+2", "2.0", "x", "99999999999999999999"] {
            assert_eq!(number.read(bad), None, "{bad}");
        }
        let choice = Parameter { form: Form::Choice(&["a", "b"]), ..number };
        assert_eq!([choice.read("b"), choice.read("c"), choice.read("1")], [Some(1), None, None]);
        assert_eq!((choice.show(1), choice.show(2)), ("b".to_owned(), String::new()));
        let set = Parameter { form: Form::Set(&["a", "b", "c"]), ..number };
        assert_eq!([set.read(""), set.read("a,c"), set.read("c,a")], [Some(0), Some(5), Some(5)]);
        assert_eq!([set.read("a,a"), set.read("a,"), set.read("d")], [None; 3]);
        assert_eq!((set.show(5), set.form.bounds()), ("a,c".to_owned(), (0, 7)));
        assert_eq!(number.expected(), "a whole number from 2 to 30");
        assert_eq!(choice.expected(), "\"a\" or \"b\"");
        assert_eq!(set.expected(), "a list of \"a\", \"b\" and \"c\"");
    }
}
