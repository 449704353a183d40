//! Every target on its corpus, and on seeded mutations of it.
//!
//! `SFUND_FUZZ_SEED` and `SFUND_FUZZ_TIMES` ask for another run; `SFUND_FUZZ_INPUT=TARGET:HEX` runs
//! one input again.

#![allow(missing_docs, clippy::arithmetic_side_effects, clippy::unwrap_used)]

use std::fmt::Write as _;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sfund_fuzz::{TARGETS, Target};

/// Longest input.
const BYTES_MAX: usize = 64 * 1024;
/// Most of the whole corpus.
const CORPUS_BYTES_MAX: usize = 1024 * 1024;
/// Words that texts and encodings are made of.
const WORDS: [&[u8]; 24] = [
    b"\x00",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\xff\xff\xff",
    b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff",
    b"\x9f\xff",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
    b"-1",
    b"0",
    b"1.5",
    b"18446744073709551615",
    b"99999999999999999999",
    b"order-0",
    b"fund-0",
    b"party-5",
    b"2026-11-24",
    b"9999-12-31",
    b"\"",
    b",",
    b"\n",
    b" = ",
    "基金".as_bytes(),
];

fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let mut files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

/// Runs one input; a panic tells the input and how to run it again.
fn run(target: &Target, input: &[u8], what: impl FnOnce() -> String) {
    if panic::catch_unwind(|| (target.run)(input)).is_err() {
        let mut hex = String::new();
        for byte in input {
            write!(hex, "{byte:02x}").unwrap();
        }
        let name = target.name;
        panic!(
            "{name}: {}\nagain: SFUND_FUZZ_INPUT={name}:{hex} cargo test -p sfund-fuzz --test corpus",
            what()
        );
    }
}

/// One to eight small changes.
fn mutated(rng: &mut ChaCha8Rng, inputs: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = inputs.choose(rng).unwrap().clone();
    for _ in 0..rng.random_range(1..=8) {
        let at = rng.random_range(0..=bytes.len());
        let end = at + rng.random_range(0..=(bytes.len() - at).min(64));
        match rng.random_range(0..9) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            2 if at < bytes.len() => bytes[at] = bytes[at].wrapping_add(rng.random_range(1..=255)),
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let copied = bytes[at..end].to_vec();
                bytes.splice(at..at, copied);
            }
            6 => {
                // The rest of another input.
                let other = inputs.choose(rng).unwrap();
                let from = rng.random_range(0..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            7 => {
                let word = *WORDS.choose(rng).unwrap();
                let end = if rng.random_bool(0.5) { at } else { end };
                bytes.splice(at..end, word.iter().copied());
            }
            _ => {
                let mut noise = [0; 4];
                rng.fill_bytes(&mut noise);
                bytes.splice(at..at, noise);
            }
        }
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

#[test]
fn no_input_of_the_corpus_and_no_mutation_of_one_is_a_finding() {
    let seed = asked("SFUND_FUZZ_SEED", 1);
    let times = asked("SFUND_FUZZ_TIMES", 1);
    if let Ok(input) = std::env::var("SFUND_FUZZ_INPUT") {
        let (name, hex) = input.split_once(':').unwrap();
        let digits = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        let bytes: Vec<_> = digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect();
        return sfund_fuzz::run(name, &bytes);
    }
    for (number, target) in (0..).zip(&TARGETS) {
        let files = corpus(target);
        for (path, input) in &files {
            run(target, input, || path.display().to_string());
        }
        let inputs: Vec<_> = files.into_iter().map(|(_, input)| input).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        let mutations = u64::from(target.mutations) * times;
        for count in 0..mutations {
            let input = mutated(&mut rng, &inputs);
            run(target, &input, || format!("mutation {count} of seed {seed}"));
        }
        println!("{}: {} of the corpus, {mutations} mutations", target.name, inputs.len());
    }
    println!("seed {seed}");
}

#[test]
fn the_corpus_is_small_and_every_input_is_there_once() {
    let mut bytes = 0;
    for target in &TARGETS {
        let mut inputs: Vec<_> = corpus(target).into_iter().map(|(_, input)| input).collect();
        bytes += inputs.iter().map(Vec::len).sum::<usize>();
        let count = inputs.len();
        assert!((1..100).contains(&count), "{}: {count}", target.name);
        inputs.sort();
        inputs.dedup();
        assert_eq!(inputs.len(), count, "{}", target.name);
    }
    assert!(bytes < CORPUS_BYTES_MAX, "{bytes} bytes");
}
