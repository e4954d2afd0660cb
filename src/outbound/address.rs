//! Which addresses something may be sent to that others named: those of the public internet (RFC 6890 and the IANA
//! registries of special addresses say which are not), and those that the installation allows by name.
//!
//! An address inside another one (mapped, NAT64) counts as the inner one; forms that nobody needs any
//! more (6to4, Teredo, IPv4-compatible) are refused whatever they hold.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::Url;

/// Everything of IPv4 that is not the public internet.
const SPECIAL_V4: [Ipv4Net; 18] = [
    v4([0, 0, 0, 0], 8),       // this network, and the unspecified address
    v4([10, 0, 0, 0], 8),      // private
    v4([100, 64, 0, 0], 10),   // shared between a provider and its customers
    v4([127, 0, 0, 0], 8),     // loopback
    v4([169, 254, 0, 0], 16),  // link-local; cloud metadata
    v4([172, 16, 0, 0], 12),   // private
    v4([192, 0, 0, 0], 24),    // protocol assignments
    v4([192, 0, 2, 0], 24),    // documentation
    v4([192, 31, 196, 0], 24), // AS112
    v4([192, 52, 193, 0], 24), // AMT
    v4([192, 88, 99, 0], 24),  // 6to4 relays
    v4([192, 168, 0, 0], 16),  // private
    v4([192, 175, 48, 0], 24), // AS112, delegated directly
    v4([198, 18, 0, 0], 15),   // benchmarks
    v4([198, 51, 100, 0], 24), // documentation
    v4([203, 0, 113, 0], 24),  // documentation
    v4([224, 0, 0, 0], 4),     // multicast
    v4([240, 0, 0, 0], 4),     // reserved, and broadcast
];

/// The only unicast addresses of the public internet.
const GLOBAL_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);

/// What of these is not: loopback, link-local, unique local, site-local and multicast addresses are
/// outside of them anyway.
const SPECIAL_V6: [Ipv6Net; 5] = [
    v6([0x2001, 0, 0, 0], 23), // protocol assignments: Teredo, benchmarks, ORCHID
    v6([0x2001, 0xdb8, 0, 0], 32), // documentation
    v6([0x2002, 0, 0, 0], 16), // 6to4
    v6([0x2620, 0x4f, 0x8000, 0], 48), // AS112, delegated directly
    v6([0x3fff, 0, 0, 0], 20), // documentation
];

/// IPv4 behind a translator (RFC 6052 2.1).
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0], 96);

/// Whether an address is one of the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    is_allowed(address, &[])
}

/// The address that a URL names in place of a name, whatever its spelling (hexadecimal, octal, one number): the
/// parser has brought it into its usual one. No resolver is asked about it.
///
/// # Errors
/// What stands there is none.
pub(super) fn literal(url: &Url) -> Result<Option<IpAddr>, std::net::AddrParseError> {
    let literal = url.host_str().filter(|_| url.domain().is_none());
    literal.map(|host| host.trim_matches(['[', ']']).parse()).transpose()
}

/// Whether a connection to that address may be opened.
pub(super) fn is_allowed(address: IpAddr, allowed: &[IpNet]) -> bool {
    let inner = innermost(address);
    let named = |address: &IpAddr| allowed.iter().any(|network| network.contains(address));
    named(&address)
        || named(&inner)
        || match inner {
            IpAddr::V4(inner) => !SPECIAL_V4.iter().any(|network| network.contains(&inner)),
            IpAddr::V6(inner) => {
                GLOBAL_V6.contains(&inner)
                    && !SPECIAL_V6.iter().any(|network| network.contains(&inner))
            }
        }
}

/// The address that packets end at.
fn innermost(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(outer) if NAT64.contains(&outer) => {
            let [.., a, b, c, d] = outer.octets();
            Ipv4Addr::new(a, b, c, d).into()
        }
        canonical => canonical,
    }
}

const fn v4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn v6([a, b, c, d]: [u16; 4], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), length)
}
