//! The registry: parties, funds, and who holds how many units of what.

pub mod affiliate;
pub mod extend_term;
pub mod fund;
pub(crate) mod holders;
pub mod holding;
pub mod issue_units;
pub mod lock_units;
pub mod party;
pub mod qualify;
pub mod register_fund;
pub mod register_party;
pub mod set_party_status;
pub mod unlock_units;
