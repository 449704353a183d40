//! TLS: who the server is, who the client is, and that no key travels in the clear.

#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test is no library"
)]

mod harness;

use std::path::Path;

use harness::Exchange;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
};
use sfund_sdk::{
    ApiKey, BadOptions, Client, Error, Identity, KeyHash, KeyScope, Options, Plaintext, Retry,
    Reviewed, Tls,
};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key as PEM, and the certificate's hash, by which the venue knows a client.
fn leaf(by: &Authority, name: &str, usage: ExtendedKeyUsagePurpose) -> (Identity, KeyHash) {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.extended_key_usages.push(usage);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, by).unwrap();
    let hash = KeyHash::new(Sha256::digest(certificate.der()).into());
    let certificate_pem = certificate.pem().into_bytes();
    (Identity { certificate_pem, key_pem: key.serialize_pem().into_bytes() }, hash)
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, content: &[u8]) -> String {
        let path: &Path = self.0.path();
        let path = path.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn trusting(exchange: &Exchange, authority: &Authority) -> Options {
    trusting_at(exchange.url().replace("http:", "https:"), authority)
}

fn trusting_at(url: String, authority: &Authority) -> Options {
    let tls = Tls {
        authority_pem: Some(authority.pem().into_bytes()),
        identity: None,
        server_name: Some("localhost".to_owned()),
    };
    Options::new(url).tls(tls).retry(Retry::never())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_talks_to_the_server_that_its_authority_vouches_for_and_to_no_other() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let (server, _) = leaf(&ours, "localhost", ExtendedKeyUsagePurpose::ServerAuth);
    let folder = Folder::new();
    let certificate = folder.put("server.pem", &server.certificate_pem);
    let key = folder.put("server.key", &server.key_pem);
    let settings = [("server.tls_certificate", &*certificate), ("server.tls_key", &*key)];
    let exchange = Exchange::open_with(&settings).await;
    let operator = exchange.staff_key("operator-1");

    let client = Client::connect(trusting(&exchange, &ours).key(operator.clone())).await.unwrap();
    assert_eq!(client.admin().caller().await.unwrap().party.details.code, "operator-1");

    let wrong = Client::connect(trusting(&exchange, &theirs).key(operator.clone())).await;
    assert!(matches!(wrong, Err(Error::Transport(_))), "{wrong:?}");
    let tls = Tls {
        authority_pem: Some(ours.pem().into_bytes()),
        identity: None,
        server_name: Some("elsewhere".to_owned()),
    };
    let elsewhere = Client::connect(trusting(&exchange, &ours).tls(tls)).await;
    assert!(matches!(elsewhere, Err(Error::Transport(_))), "{elsewhere:?}");
    // The server speaks nothing but TLS.
    let plain = Options::new(exchange.url()).key(operator).retry(Retry::never());
    if let Ok(client) = Client::connect(plain).await {
        assert!(client.admin().caller().await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_a_key_once_the_venue_knows_it() {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let (server, _) = leaf(&ours, "localhost", ExtendedKeyUsagePurpose::ServerAuth);
    let folder = Folder::new();
    let certificate = folder.put("server.pem", &server.certificate_pem);
    let key = folder.put("server.key", &server.key_pem);
    let clients = folder.put("clients.pem", ours.pem().as_bytes());
    let settings = [
        ("server.tls_certificate", &*certificate),
        ("server.tls_key", &*key),
        ("server.tls_client_ca", &*clients),
    ];
    let exchange = Exchange::open_with(&settings).await;
    let operator = exchange.staff_key("operator-1");
    let shown = |identity: &Identity, authority| {
        let options = trusting(&exchange, authority);
        let tls = Tls {
            authority_pem: Some(ours.pem().into_bytes()),
            identity: Some(identity.clone()),
            server_name: Some("localhost".to_owned()),
        };
        options.tls(tls)
    };
    let (staff, _) = leaf(&ours, "operator", ExtendedKeyUsagePurpose::ClientAuth);
    let (machine, hash) = leaf(&ours, "machine", ExtendedKeyUsagePurpose::ClientAuth);

    // A key beside the certificate goes first.
    let client = Client::connect(shown(&staff, &ours).key(operator.clone())).await.unwrap();
    let admin = client.admin();
    let bank = admin.party_of_code("bank-1").await.unwrap().value.id;
    let unknown = Client::connect(shown(&machine, &ours)).await.unwrap();
    let no = unknown.admin().caller().await.unwrap_err();
    assert_eq!(no.reason(), "KEY_UNKNOWN");

    // The certificate of a machine of the bank, by its hash.
    use sfund::sequencer::Clock as _;
    let expires = exchange.clock.now().plus_seconds(3_600);
    let issued = admin.issue_key(bank, hash, KeyScope::Full, expires).await.unwrap();
    let Reviewed::Waits(proposal) = issued.value else { panic!("the bank is the venue's own") };
    let supervisor = shown(&staff, &ours).key(exchange.staff_key("supervisor-1"));
    let supervisor = Client::connect(supervisor).await.unwrap();
    supervisor.admin().review(proposal, sfund_sdk::Verdict::Approve).await.unwrap();
    assert_eq!(unknown.admin().caller().await.unwrap().party.id, bank);
    admin.revoke_key(hash).await.unwrap();
    assert_eq!(unknown.admin().caller().await.unwrap_err().reason(), "KEY_REVOKED");

    // A certificate of another authority opens nothing, nor does none.
    let (stranger, _) = leaf(&theirs, "operator", ExtendedKeyUsagePurpose::ClientAuth);
    for options in [shown(&stranger, &ours), trusting(&exchange, &ours)] {
        match Client::connect(options.key(operator.clone())).await {
            Ok(client) => assert!(client.admin().caller().await.is_err()),
            Err(error) => assert!(matches!(error, Error::Transport(_)), "{error}"),
        }
    }
}

/// The first bytes that a client says to a server of TLS.
async fn hello(authority: &Authority) -> Vec<u8> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let options = trusting_at(format!("https://{address}"), authority);
    let client = tokio::spawn(Client::connect(options));
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).await.unwrap();
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut body).await.unwrap();
    client.abort();
    [&head[..], &body].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_that_are_cut_half_way_disturb_nobody() {
    let ours = authority("ours");
    let (server, _) = leaf(&ours, "localhost", ExtendedKeyUsagePurpose::ServerAuth);
    let folder = Folder::new();
    let certificate = folder.put("server.pem", &server.certificate_pem);
    let key = folder.put("server.key", &server.key_pem);
    let settings = [("server.tls_certificate", &*certificate), ("server.tls_key", &*key)];
    let exchange = Exchange::open_with(&settings).await;
    let address = exchange.url().split_once("//").unwrap().1.to_owned();
    let operator = exchange.staff_key("operator-1");
    let hello = hello(&ours).await;
    let mut changed = hello.clone();
    changed[40] ^= 0xff;
    let mut left_open = Vec::new();
    // Cut everywhere, spoilt, without end, and followed by what is no TLS.
    let mut says: Vec<Vec<u8>> =
        (0..hello.len()).step_by(7).map(|length| hello[..length].to_vec()).collect();
    says.extend([hello.clone(), changed, hello.repeat(100), [&hello[..], &[0; 512]].concat()]);
    for (number, bytes) in says.into_iter().enumerate() {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        // The server may hang up before it has read all of it.
        drop(stream.write_all(&bytes).await);
        if number % 2 == 0 {
            left_open.push(stream);
        }
    }
    let client = Client::connect(trusting(&exchange, &ours).key(operator)).await.unwrap();
    assert_eq!(client.admin().caller().await.unwrap().party.details.code, "operator-1");
    assert!(10 < left_open.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_not_leave_the_machine_in_the_clear() {
    let key = ApiKey::generate().unwrap();
    let far = Options::new("http://192.0.2.1:50051").key(key);
    let refused = Client::connect(far.clone()).await;
    assert!(matches!(refused, Err(Error::Options(BadOptions::Plaintext))), "{refused:?}");
    let lazily = Client::connect_lazy(far.clone());
    assert!(matches!(lazily, Err(Error::Options(BadOptions::Plaintext))));
    assert!(Client::connect_lazy(far.plaintext(Plaintext::Anywhere)).is_ok());
}
