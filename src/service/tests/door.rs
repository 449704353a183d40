//! The door: keys, certificates, shares, deadlines, connections.

use std::num::NonZeroU32;
use std::time::Duration;

use sfund_engine::command::Command;
use sfund_engine::entry::Caller;
use sfund_engine::venue::issue_key::{IssueKey, KeyScope};
use sfund_engine::venue::revoke_key::RevokeKey;
use sfund_proto::v1;
use tonic::Code;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};
use tonic_types::StatusExt;
use v1::admin_service_client::AdminServiceClient;

use crate::fixture::{ALICE, CAROL, disk, opening};
use crate::secret::key_hash;
use crate::service::limits::Limits;
use crate::service::tests::{
    WithKey, give, limits, listen, listen_with, open_venue, reason, venue,
};
use crate::service::{ClientCertificates, TlsConfig};

/// A key pair with a certificate that an authority of its own has signed, PEM and DER.
struct Certified {
    authority_pem: String,
    certificate_pem: String,
    certificate_der: Vec<u8>,
    key_pem: String,
}

fn certify(name: &str) -> Certified {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &authority).unwrap();
    Certified {
        authority_pem: authority.pem(),
        certificate_pem: certificate.pem(),
        certificate_der: certificate.der().to_vec(),
        key_pem: key.serialize_pem(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_says_nothing_gives_its_place_back() {
    let limits =
        Limits { connections_max: 1, keepalive_timeout: Duration::from_millis(20), ..limits() };
    let listening = listen(venue(&disk()).await, limits).await;
    let silent = tokio::net::TcpStream::connect(listening.address).await.unwrap();
    let mut alice = listening.market("alice").await;
    alice.get_venue(v1::GetVenueRequest::default()).await.unwrap();
    drop((silent, alice));
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_needs_a_key_that_is_known_and_not_revoked_or_expired() {
    let listening = open_venue().await;
    let ask = v1::GetVenueRequest::default();
    for (key, wanted) in [("", "KEY_MISSING"), ("nobody", "KEY_UNKNOWN")] {
        let status = listening.market(key).await.get_venue(ask).await.unwrap_err();
        assert_eq!((status.code(), &reason(&status)[..]), (Code::Unauthenticated, wanted));
    }
    let mut alice = listening.market("alice").await;
    let venue = alice.get_venue(ask).await.unwrap().into_inner().venue.unwrap();
    assert_eq!(venue.utc_offset_minutes, 480);

    let revoke = RevokeKey { key_hash: key_hash("alice") };
    let command = Command::RevokeKey(Box::new(revoke));
    give(&listening.server, Caller::Party(ALICE), command).await;
    let status = alice.get_venue(ask).await.unwrap_err();
    assert_eq!(reason(&status), "KEY_REVOKED");

    listening.server.clock.set(opening().plus_seconds(30 * 24 * 3_600));
    let status = listening.market("carol").await.get_venue(ask).await.unwrap_err();
    assert_eq!(reason(&status), "KEY_EXPIRED");
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_beyond_its_share_is_told_when_to_come_again() {
    let share = NonZeroU32::new(3).unwrap();
    let tight = Limits { calls_per_second: share, calls_burst: share, ..limits() };
    let listening = listen(venue(&disk()).await, tight).await;
    let mut alice = listening.market("alice").await;
    let ask = v1::GetVenueRequest::default();
    let mut refused = None;
    for _ in 0..10 {
        if let Err(status) = alice.get_venue(ask).await {
            refused = Some(status);
        }
    }
    let status = refused.unwrap();
    assert_eq!((status.code(), &reason(&status)[..]), (Code::ResourceExhausted, "RATE_LIMITED"));
    assert!(status.get_error_details().retry_info().is_some());
    // Another caller has a share of its own.
    assert!(listening.market("carol").await.get_venue(ask).await.is_ok());
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_waits_too_long_for_an_entry_says_so() {
    let hasty = Limits { call_duration_max: Duration::from_millis(200), ..limits() };
    // The clock of the call is the server's own: the client says no deadline.
    let listening = listen(venue(&disk()).await, hasty).await;
    let ask = v1::GetVenueRequest { after_sequence: 1_000_000 };
    let status = listening.market("alice").await.get_venue(ask).await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_eq!(reason(&status), "NOT_YET_PUBLISHED");
    let info = status.get_error_details().error_info().unwrap().metadata.clone();
    assert_eq!(info["wanted"], "sequence-1000000");
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_and_the_description_of_the_interface_need_no_key() {
    use tonic_health::pb::health_client::HealthClient;
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    let listening = open_venue().await;
    let mut health = HealthClient::new(listening.channel("").await);
    let service = "sfund.v1.TradingService".to_owned();
    let ask = tonic_health::pb::HealthCheckRequest { service };
    assert_eq!(health.check(ask).await.unwrap().into_inner().status, 1);

    let mut reflection = ServerReflectionClient::new(listening.channel("").await);
    let ask = tonic_reflection::pb::v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answers = reflection.server_reflection_info(tokio_stream::once(ask)).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    assert!(format!("{answer:?}").contains("sfund.v1.MarketService"));
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_certificate_is_a_key_by_its_hash() {
    use sha2::{Digest, Sha256};
    let (ours, theirs) = (certify("localhost"), certify("alice"));
    let server = venue(&disk()).await;
    let issue = IssueKey {
        party: ALICE,
        key_hash: Sha256::digest(&theirs.certificate_der).into(),
        scope: KeyScope::ReadOnly,
        expires: opening().plus_seconds(3_600),
    };
    let operator = Caller::Party(crate::fixture::OPERATOR);
    give(&server, operator, Command::IssueKey(Box::new(issue))).await;
    let tls = TlsConfig {
        certificate_pem: ours.certificate_pem.into_bytes(),
        key_pem: ours.key_pem.into_bytes(),
        clients: ClientCertificates::Optional(theirs.authority_pem.into_bytes()),
    };
    let listening = listen_with(server, limits(), Some(tls)).await;
    let address = format!("https://localhost:{}", listening.address.port());
    let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ours.authority_pem));
    let identity = Identity::from_pem(theirs.certificate_pem, theirs.key_pem);
    let ask = v1::GetCallerRequest::default();
    for (config, key, wanted) in [
        (trusting.clone().identity(identity.clone()), "", Some((ALICE, v1::KeyScope::ReadOnly))),
        (trusting.clone().identity(identity), "carol", Some((CAROL, v1::KeyScope::Full))),
        (trusting.clone(), "alice", Some((ALICE, v1::KeyScope::Full))),
        (trusting, "", None),
    ] {
        let endpoint = Endpoint::from_shared(address.clone()).unwrap().tls_config(config).unwrap();
        let channel = InterceptedService::new(endpoint.connect().await.unwrap(), WithKey(key));
        let answer = AdminServiceClient::new(channel).get_caller(ask).await;
        match wanted {
            Some((party, scope)) => {
                let told = answer.unwrap().into_inner();
                assert_eq!(told.scope(), scope);
                assert_eq!(told.party.unwrap().party_id, party.to_string());
            }
            None => assert_eq!(reason(&answer.unwrap_err()), "KEY_MISSING"),
        }
    }
    listening.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_too_many_waits_until_another_ends() {
    let one = Limits { connections_max: 1, ..limits() };
    let listening = listen(venue(&disk()).await, one).await;
    let ask = v1::GetVenueRequest::default();
    let mut first = listening.market("alice").await;
    first.get_venue(ask).await.unwrap();
    let mut second = listening.market("carol").await;
    let waiting = tokio::spawn(async move { second.get_venue(ask).await });
    first.get_venue(ask).await.unwrap();
    assert!(!waiting.is_finished());
    drop(first);
    assert!(waiting.await.unwrap().is_ok());
    listening.close().await;
}
