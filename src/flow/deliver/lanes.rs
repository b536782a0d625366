//! A lane a target: a slow receiver keeps its own deliveries waiting and nobody else's.

use crate::canonical::{DeliveryId, Tenant};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

/// At once to one target.
const WINDOW: usize = 8;
/// At once to one that has lately needed a second or more: hung receivers must not use up the process's sends.
const SLOW_WINDOW: usize = 2;
const SLOW: Duration = Duration::from_secs(1);
/// How far ahead a lane looks for a delivery whose key is free.
const LOOK_AHEAD: usize = 64;
/// A longer lane that would take longer than this to reach its end sends what comes away for a while: to the queue,
/// so that nothing is held here for it.
const PATIENCE: Duration = Duration::from_secs(5);
const SHORT: usize = 64;
/// It stays away so long, twice as long the next time, and at most half a minute, unless it is called back.
const AWAY: Duration = Duration::from_secs(5);
const AWAY_AT_MOST: Duration = Duration::from_secs(30);
/// Of so many that were sent away a lane knows the names; it calls them back when it is short again, since its pace is
/// a guess and it must not run dry for one that was too dark.
const KNOWN_AWAY: usize = 10_000;
const CALLED_BACK: usize = 128;

/// Where a delivery goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LaneId {
    pub tenant: Tenant,
    pub webhook: bool,
    pub target: String,
}

/// What a lane carries. `key` keeps an order: of one key, one is under way.
#[derive(Debug)]
pub struct Car<T> {
    pub id: DeliveryId,
    pub lane: LaneId,
    pub key: String,
    pub load: T,
}

struct Lane<T> {
    waiting: VecDeque<Car<T>>,
    away: VecDeque<DeliveryId>,
    under_way: usize,
    keys: HashSet<String>,
    /// Moving average of what a try takes.
    pace: Duration,
}

/// All lanes.
pub struct Lanes<T> {
    lanes: HashMap<LaneId, Lane<T>>,
    /// Lanes with something waiting, taken in turn.
    turn: VecDeque<LaneId>,
    /// Lanes that may be short while some of theirs are away.
    thirsty: Vec<LaneId>,
    waiting: usize,
}

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Lanes { lanes: HashMap::new(), turn: VecDeque::new(), thirsty: Vec::new(), waiting: 0 }
    }
}

impl<T> Lanes<T> {
    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// Queues a delivery that was sent away so many times before; gives it back, with how long to stay away, if its
    /// lane is too long for its pace.
    pub fn push(&mut self, car: Car<T>, times_away: u32) -> Result<(), (Car<T>, Duration)> {
        let lane = self.lanes.entry(car.lane.clone()).or_insert_with(|| Lane {
            waiting: VecDeque::new(),
            away: VecDeque::new(),
            under_way: 0,
            keys: HashSet::new(),
            pace: Duration::ZERO,
        });
        let ahead = lane.pace * (lane.waiting.len() / lane.window()) as u32;
        if lane.waiting.len() >= SHORT && ahead > PATIENCE {
            if lane.away.len() < KNOWN_AWAY {
                lane.away.push_back(car.id);
            }
            return Err((car, (AWAY * (1 << times_away.min(8))).min(AWAY_AT_MOST)));
        }
        if lane.waiting.is_empty() {
            self.turn.push_back(car.lane.clone());
        }
        lane.waiting.push_back(car);
        self.waiting += 1;
        Ok(())
    }

    /// The next delivery that may go, lanes in turn; `None` if every lane is empty or full.
    pub fn start(&mut self) -> Option<Car<T>> {
        for _ in 0..self.turn.len() {
            let id = self.turn.pop_front()?;
            let Some(lane) = self.lanes.get_mut(&id) else { continue };
            let car = lane.start();
            if !lane.waiting.is_empty() {
                self.turn.push_back(id);
            }
            if let Some(car) = car {
                self.waiting -= 1;
                return Some(car);
            }
        }
        None
    }

    /// A delivery has ended, after so long.
    pub fn ended(&mut self, id: &LaneId, key: &str, took: Duration) {
        if let Some(lane) = self.lanes.get_mut(id) {
            lane.under_way = lane.under_way.saturating_sub(1);
            lane.keys.remove(key);
            lane.pace = (lane.pace * 7 + took) / 8;
            if lane.is_thirsty() {
                self.thirsty.push(id.clone());
            }
        }
    }

    /// Deliveries that were sent away and whose lane is short now; to be asked until there are none.
    pub fn call_back(&mut self) -> Option<(Tenant, Vec<DeliveryId>)> {
        while let Some(id) = self.thirsty.pop() {
            let Some(lane) = self.lanes.get_mut(&id).filter(|l| l.is_thirsty()) else { continue };
            let back = lane.away.drain(..lane.away.len().min(CALLED_BACK)).collect();
            let tenant = id.tenant;
            self.thirsty.push(id);
            return Some((tenant, back));
        }
        None
    }
}

impl<T> Lane<T> {
    fn is_thirsty(&self) -> bool {
        self.waiting.len() < SHORT / 2 && !self.away.is_empty()
    }

    fn window(&self) -> usize {
        if self.pace < SLOW { WINDOW } else { SLOW_WINDOW }
    }

    fn start(&mut self) -> Option<Car<T>> {
        if self.under_way >= self.window() {
            return None;
        }
        let at = self.waiting.iter().take(LOOK_AHEAD).position(|car| !self.keys.contains(&car.key))?;
        let car = self.waiting.remove(at)?;
        self.under_way += 1;
        self.keys.insert(car.key.clone());
        Some(car)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn car(target: &str, key: &str, n: u32) -> Car<u32> {
        let lane = LaneId { tenant: Tenant::named("t"), webhook: true, target: target.into() };
        Car { id: DeliveryId(uuid::Uuid::from_u128(u128::from(n))), lane, key: key.into(), load: n }
    }

    #[test]
    fn of_one_key_one_is_under_way_and_in_its_order() {
        let mut lanes = Lanes::default();
        for (key, n) in [("a", 1), ("a", 2), ("b", 3), ("a", 4)] {
            lanes.push(car("shop", key, n), 0).unwrap();
        }
        let first = lanes.start().unwrap();
        assert_eq!((first.load, lanes.start().unwrap().load), (1, 3));
        assert!(lanes.start().is_none(), "2 and 4 wait for 1");
        lanes.ended(&first.lane, "a", Duration::ZERO);
        assert_eq!(lanes.start().unwrap().load, 2);
        assert_eq!(lanes.waiting(), 1);
    }

    #[test]
    fn a_full_lane_leaves_the_others_free() {
        let mut lanes = Lanes::default();
        for n in 0..100 {
            lanes.push(car("slow", &n.to_string(), n), 0).unwrap();
        }
        lanes.push(car("quick", "x", 1_000), 0).unwrap();
        let started: Vec<u32> = std::iter::from_fn(|| lanes.start()).map(|c| c.load).collect();
        assert_eq!(started.len(), WINDOW + 1);
        assert!(started[..2].contains(&1_000), "in turn, not behind the slow one: {started:?}");
    }

    #[test]
    fn a_slow_lane_gets_a_small_window_and_sends_latecomers_away() {
        let mut lanes = Lanes::default();
        lanes.push(car("slow", "0", 0), 0).unwrap();
        let first = lanes.start().unwrap();
        lanes.ended(&first.lane, "0", Duration::from_secs(15));
        let mut away = None;
        for n in 1..1_000 {
            if let Err((_, wait)) = lanes.push(car("slow", &n.to_string(), n), 0) {
                away = Some((n, wait));
                break;
            }
        }
        let (n, wait) = away.expect("the lane grew without end");
        assert_eq!(n as usize, SHORT + 1);
        assert_eq!(wait, AWAY);
        let waits = [1, 2, 5, 99].map(|times| lanes.push(car("slow", "x", 0), times).unwrap_err().1.as_secs());
        assert_eq!(waits, [10, 20, 30, 30]);
        assert_eq!(std::iter::from_fn(|| lanes.start()).count(), SLOW_WINDOW);
    }

    #[test]
    fn a_lane_that_is_short_again_calls_back_what_it_sent_away() {
        let mut lanes = Lanes::default();
        lanes.push(car("slow", "0", 0), 0).unwrap();
        let first = lanes.start().unwrap();
        lanes.ended(&first.lane, "0", Duration::from_secs(15));
        let away: Vec<u32> = (1..300).filter(|n| lanes.push(car("slow", &n.to_string(), *n), 0).is_err()).collect();
        assert_eq!((away[0], away.len()), (65, 235));
        let mut back = 0;
        while let Some(started) = lanes.start() {
            lanes.ended(&started.lane, &started.key, Duration::ZERO);
            while let Some((_, ids)) = lanes.call_back() {
                assert!(lanes.waiting() < SHORT / 2);
                back += ids.len();
                for id in ids {
                    lanes.push(car("slow", &id.to_string(), id.0.as_u128() as u32), 0).unwrap();
                }
            }
        }
        assert_eq!((back, lanes.waiting()), (235, 0));
    }
}
