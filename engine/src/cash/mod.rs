//! Clients' cash: a double-entry ledger and the transfers that feed it (客户资金).

pub mod ledger;
pub mod request_transfer;
pub mod settle_transfer;
