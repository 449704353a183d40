//! Compiles `sfund/v1/*.proto` with no protoc on the machine.

use std::path::PathBuf;
use std::{env, fs, io};

use prost::Message;

const FILES: [&str; 9] = [
    "sfund/v1/admin_service.proto",
    "sfund/v1/bidding.proto",
    "sfund/v1/common.proto",
    "sfund/v1/listing_service.proto",
    "sfund/v1/market_service.proto",
    "sfund/v1/policy.proto",
    "sfund/v1/register_service.proto",
    "sfund/v1/settlement_service.proto",
    "sfund/v1/trading_service.proto",
];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=sfund");
    let descriptors = protox::compile(FILES, ["."]).map_err(io::Error::other)?;
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    fs::write(out.join("sfund_descriptor.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure().compile_fds(descriptors)
}
