//! Which addresses a webhook may go to, and the resolver that lets a connection go to no other.
//!
//! Names are resolved here, when the connection is made, and the connection goes to an address that was checked:
//! a name that leads elsewhere at a second look is not asked a second time.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What an address is, if webhooks must not go there.
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => forbidden_v4(v4),
        IpAddr::V6(v6) => forbidden_v6(v6),
    }
}

// RFC 6890 and the IANA registry of special-purpose addresses, https://www.iana.org/assignments/iana-ipv4-special-registry
fn forbidden_v4(a: Ipv4Addr) -> Option<&'static str> {
    let [first, second, third, _] = a.octets();
    match (first, second, third) {
        (0, ..) => Some("an address of this network"),
        (127, ..) => Some("a loopback address"),
        (10, ..) | (192, 168, _) => Some("a private address"),
        (172, s, _) if (16..=31).contains(&s) => Some("a private address"),
        // Also where clouds keep their metadata service.
        (169, 254, _) => Some("a link-local address"),
        // RFC 6598: behind a carrier's NAT.
        (100, s, _) if (64..=127).contains(&s) => Some("a shared address"),
        (192, 0, 0) => Some("an address of protocol assignments"),
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => Some("a documentation address"),
        // RFC 7526: relays of 6to4, which lead anywhere.
        (192, 88, 99) => Some("a relay address"),
        (198, 18 | 19, _) => Some("a benchmarking address"),
        (224..=239, ..) => Some("a multicast address"),
        (240..=255, ..) => Some("a reserved or broadcast address"),
        _ => None,
    }
}

fn forbidden_v6(a: Ipv6Addr) -> Option<&'static str> {
    let s = a.segments();
    // An IPv4 address in IPv6's clothes: mapped, translated (RFC 6052), 6to4 (RFC 3056).
    let inner = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some("the unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        [0, 0, 0, 0, 0, 0xffff, high, low] => forbidden_v4(inner(high, low)),
        [0, 0, 0, 0, 0, 0, ..] => Some("an IPv4-compatible address"),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => forbidden_v4(inner(high, low)),
        // RFC 8215: translation within one network.
        [0x64, 0xff9b, 1, ..] => Some("a private address"),
        [0x2002, high, low, ..] => forbidden_v4(inner(high, low)),
        [first, ..] if first & 0xfe00 == 0xfc00 => Some("a unique local address"),
        [first, ..] if first & 0xffc0 == 0xfe80 => Some("a link-local address"),
        [first, ..] if first & 0xffc0 == 0xfec0 => Some("a site-local address"),
        [first, ..] if first & 0xff00 == 0xff00 => Some("a multicast address"),
        [0x100, 0, 0, 0, ..] => Some("a discard address"),
        // RFC 4380, RFC 3849, RFC 9637.
        [0x2001, 0, ..] => Some("a Teredo address"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("a documentation address"),
        _ => None,
    }
}

/// No address of the host may be gone to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} leads to {address}, {what}; set `allow_private_addresses: true` on the endpoint if that is meant")]
pub struct Refused {
    pub host: String,
    pub address: IpAddr,
    pub what: &'static str,
}

/// Keeps the addresses that may be gone to. Refused only if none is left.
pub fn checked(host: &str, found: impl IntoIterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
    let mut refused = None;
    let mut kept = Vec::new();
    for address in found {
        match forbidden(address.ip()) {
            None => kept.push(address),
            Some(what) => refused = refused.or(Some(Refused { host: host.into(), address: address.ip(), what })),
        }
    }
    match refused {
        Some(refused) if kept.is_empty() => Err(refused),
        _ => Ok(kept),
    }
}

/// Looks names up: the system's resolver, or what a test puts in its place.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of a name.
    fn lookup(&self, host: &str) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<SocketAddr>>>;
}

/// The system's resolver.
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: &str) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<SocketAddr>>> {
        let host = host.to_owned();
        // Port 0: the client puts the URL's port in its place.
        Box::pin(async move { tokio::net::lookup_host((host.as_str(), 0)).await.map(Iterator::collect) })
    }
}

/// Gives a client the addresses of a name, and of those only what may be gone to.
pub struct Guard {
    pub lookup: std::sync::Arc<dyn Lookup>,
    pub allow_private: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let (found, allow_private) = (self.lookup.lookup(&host), self.allow_private);
        Box::pin(async move {
            let found = found.await?;
            let kept = if allow_private { found } else { checked(&host, found)? };
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_inside_is_known() {
        let inside = "0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255 127.0.0.1 127.255.0.9 169.254.169.254 172.16.0.1 172.31.255.255 \
            192.0.0.1 192.168.1.1 198.18.0.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 192.0.2.7 192.88.99.1 \
            :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::10.0.0.1 64:ff9b:1::1 2002:7f00:1::1 \
            2002:a00:1::1 fc00::1 fd00:ec2::254 fe80::1 febf::1 fec0::1 ff02::1 100::1 2001::1 2001:db8::1 3fff::1";
        for text in inside.split_whitespace() {
            assert!(forbidden(text.parse().unwrap()).is_some(), "{text} would be gone to");
        }
    }

    #[test]
    fn the_world_outside_is_free() {
        let outside = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.1.1 192.169.1.1 \
            198.17.0.1 198.20.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1 3ffe::1";
        for text in outside.split_whitespace() {
            assert_eq!(forbidden(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn of_a_mixed_answer_only_what_is_outside_is_kept() {
        let found: Vec<SocketAddr> = vec!["10.0.0.1:0".parse().unwrap(), "8.8.8.8:0".parse().unwrap()];
        assert_eq!(checked("a.example", found.clone()).unwrap(), vec![found[1]]);
        let refused = checked("a.example", [found[0]]).unwrap_err();
        assert_eq!((refused.address, refused.what), (found[0].ip(), "a private address"));
    }
}
