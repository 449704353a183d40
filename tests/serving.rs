//! A server as its callers find it: keys, TLS, health, metrics.

#![allow(clippy::unwrap_used)]
#![cfg(unix)]
#![allow(missing_docs, reason = "a test is no library")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sfund_proto::v1::GetCallerRequest;
use sfund_proto::v1::admin_service_client::AdminServiceClient;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Code, Request};

/// A server that serves; it is killed when the test ends.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn serve(folder: &Path, settings: &[&str]) -> Server {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sfund"))
        .env_clear()
        .current_dir(folder)
        .env("SFUND__STORE__PATH", "store")
        .env("SFUND__SERVER__ADDRESS", "127.0.0.1:0")
        .env("SFUND__METRICS__ADDRESS", "")
        .args(["serve", "--json"])
        .args(settings)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let announced: Value = serde_json::from_str(&line).expect("a server that serves");
    Server { child, address: announced["address"].as_str().unwrap().to_owned() }
}

/// The first key of the operator.
fn operator_key(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("store-keys.toml")).unwrap();
    let keys: toml::Table = toml::from_str(&text).unwrap();
    keys["key"][0]["key"].as_str().unwrap().to_owned()
}

/// The role that the server sees in whoever has `key`.
async fn role(channel: Channel, key: Option<&str>) -> Result<String, Code> {
    let mut request = Request::new(GetCallerRequest::default());
    if let Some(key) = key {
        let bearer = format!("Bearer {key}").parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
    }
    let answer = AdminServiceClient::new(channel).get_caller(request).await;
    let party = answer.map_err(|no| no.code())?.into_inner().party.unwrap_or_default();
    Ok(format!("{:?}", party.details.unwrap_or_default().role()))
}

#[tokio::test]
async fn a_first_key_opens_the_server_and_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), &[]);
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    let channel = endpoint.connect().await.unwrap();
    let key = operator_key(folder.path());
    assert_eq!(role(channel.clone(), Some(&key)).await.as_deref(), Ok("Operator"));
    assert_eq!(role(channel.clone(), Some("sfund_0")).await, Err(Code::Unauthenticated));
    assert_eq!(role(channel, None).await, Err(Code::Unauthenticated));
}

#[tokio::test]
async fn with_tls_a_client_needs_a_certificate_where_authorities_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (signed.cert.pem(), signed.signing_key.serialize_pem());
    fs::write(folder.path().join("server.pem"), &certificate).unwrap();
    fs::write(folder.path().join("server.key"), &key).unwrap();
    let tls = ["--server.tls_certificate", "server.pem", "--server.tls_key", "server.key"];
    let settings = [&tls[..], &["--server.tls_client_ca", "server.pem"]].concat();
    let server = serve(folder.path(), &settings);
    let operator = operator_key(folder.path());

    let authority = Certificate::from_pem(&certificate);
    let trusting = ClientTlsConfig::new().ca_certificate(authority).domain_name("localhost");
    let endpoint = Endpoint::from_shared(format!("https://{}", server.address)).unwrap();
    let nameless = endpoint.clone().tls_config(trusting.clone()).unwrap();
    let called = match nameless.connect().await {
        Ok(channel) => role(channel, Some(&operator)).await,
        Err(_) => Err(Code::Unavailable),
    };
    assert!(called.is_err(), "a client without a certificate is not served");
    let named = trusting.identity(Identity::from_pem(&certificate, &key));
    let channel = endpoint.tls_config(named).unwrap().connect().await.unwrap();
    assert_eq!(role(channel, Some(&operator)).await.as_deref(), Ok("Operator"));

    let plain = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    if let Ok(channel) = plain.connect().await {
        assert!(role(channel, Some(&operator)).await.is_err(), "nothing is served without TLS");
    }
}

#[test]
fn a_certificate_that_is_none_is_found_before_anything_opens() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("none.pem"), "none").unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_sfund"))
        .env_clear()
        .current_dir(folder.path())
        .args(["serve", "--server.tls_certificate", "none.pem", "--server.tls_key", "none.pem"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("the certificate, its key"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no venue was opened");
}

#[test]
fn metrics_are_served_on_a_port_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago: the exporter does not tell which one it took.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = free.to_string();
    let settings = ["--metrics.address", &address, "--server.connections_max", "77"];
    let _server = serve(folder.path(), &settings);
    let mut stream = TcpStream::connect(free).unwrap();
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("# HELP sfund_answer_seconds"), "{page}");
    assert!(page.contains("\nsfund_connections_max 77\n"), "{page}");
}
