//! The life of a listing, rule by rule.

mod announcement;
mod disclosure;
mod gates;
mod stages;
mod state;
