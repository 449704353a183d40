//! `sfund`: the exchange.

use std::process::ExitCode;

fn main() -> ExitCode {
    sfund::cli::main()
}
