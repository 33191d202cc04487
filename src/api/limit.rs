//! How often each client may do something: a bucket an address, refilled evenly.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Clients counted at once; the one seen longest ago makes room.
const CLIENTS_MAX: usize = 1024;

/// What a client may still do.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// The buckets of all clients.
#[derive(Debug)]
pub(super) struct Buckets {
    per_minute: f64,
    clients: Mutex<HashMap<IpAddr, Bucket>>,
}

impl Buckets {
    /// Buckets that hold, and refill in a minute, so much.
    pub(super) fn new(per_minute: f64) -> Self {
        Self { per_minute, clients: Mutex::default() }
    }

    /// Takes `cost` of a client's minute, or says how long to wait.
    pub(super) fn take(&self, client: IpAddr, cost: f64, now: Instant) -> Result<(), Duration> {
        let (most, per_second, client) = (self.per_minute, self.per_minute / 60.0, network(client));
        // A poisoned lock guards plain numbers: they stay good.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= CLIENTS_MAX && !clients.contains_key(&client) {
            let oldest = clients.iter().min_by_key(|(_, bucket)| bucket.at).map(|(ip, _)| *ip);
            oldest.map(|ip| clients.remove(&ip));
        }
        let bucket = clients.entry(client).or_insert(Bucket { left: most, at: now });
        bucket.left = (bucket.left + now.saturating_duration_since(bucket.at).as_secs_f64() * per_second).min(most);
        bucket.at = now;
        // Something larger than a whole minute takes a full bucket.
        let cost = cost.min(most);
        if bucket.left >= cost {
            bucket.left -= cost;
            return Ok(());
        }
        Err(Duration::from_secs_f64((cost - bucket.left) / per_second))
    }
}

/// One client has a whole /64 of IPv6 to choose addresses from.
pub(super) fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_minute_refills_and_clients_do_not_share_it() {
        let (buckets, began) = (Buckets::new(60.0), Instant::now());
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().expect("an address"));
        assert_eq!(buckets.take(one, 60.0, began), Ok(()));
        assert_eq!(buckets.take(one, 2.0, began), Err(Duration::from_secs(2)));
        assert_eq!(buckets.take(other, 1000.0, began), Ok(()), "more than a minute takes a minute");
        assert_eq!(buckets.take(one, 2.0, began + Duration::from_secs(2)), Ok(()));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_client_and_clients_are_bounded() {
        let (buckets, now) = (Buckets::new(1.0), Instant::now());
        let of = |text: &str| text.parse().expect("an address");
        assert!(buckets.take(of("2001:db8::1"), 1.0, now).is_ok());
        assert!(buckets.take(of("2001:db8::ffff:2"), 1.0, now).is_err());
        assert!(buckets.take(of("::ffff:192.0.2.1"), 1.0, now).is_ok());
        assert!(buckets.take(of("192.0.2.1"), 1.0, now).is_err());
        for n in 0..2 * CLIENTS_MAX as u32 {
            let _ = buckets.take(IpAddr::V4(n.into()), 1.0, now);
        }
        assert_eq!(buckets.clients.lock().expect("whole").len(), CLIENTS_MAX);
    }
}
