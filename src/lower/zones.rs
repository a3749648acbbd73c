//! What stands around basic blocks: the bodies of `try`, whose exceptions go on in the method, and handlers, in which an
//! exception is being handled.

use super::cfg::BlockId;
use super::names::Names;

/// A zone of a [`Zones`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneId(usize);

/// What stands around blocks.
#[derive(Debug, Clone)]
pub enum Zone {
    /// Exceptions go on in a block of the method.
    Guarded {
        /// The local that they are bound to there.
        caught: String,
        /// That block.
        catch: BlockId,
    },
    /// An exception is being handled.
    Handling {
        /// The local that holds it; in a `finally` it may hold something else.
        caught: String,
        /// What the user calls it, until the handler is left.
        name: Option<String>,
    },
}

/// The zones of a method, each in another one or in none.
#[derive(Debug, Default)]
pub struct Zones(Vec<(Zone, Option<ZoneId>)>);

impl Zones {
    /// Adds a zone.
    pub fn add(&mut self, zone: Zone, outer: Option<ZoneId>) -> ZoneId {
        self.0.push((zone, outer));
        ZoneId(self.0.len() - 1)
    }

    /// A zone and those around it, the innermost first.
    pub fn around(&self, zone: Option<ZoneId>) -> impl Iterator<Item = (ZoneId, &Zone)> {
        std::iter::successors(zone, |inner| self.0[inner.0].1).map(|id| (id, &self.0[id.0].0))
    }

    /// The local that an exception is bound to, and the block where it goes on.
    pub fn guard(&self, zone: Option<ZoneId>) -> Option<(&str, BlockId)> {
        self.around(zone).find_map(|(_, zone)| match zone {
            Zone::Guarded { caught, catch } => Some((caught.as_str(), *catch)),
            Zone::Handling { .. } => None,
        })
    }

    /// The locals that hold what is being handled, the outermost first.
    pub fn handled(&self, zone: Option<ZoneId>) -> Vec<String> {
        let mut handled: Vec<String> = self
            .around(zone)
            .filter_map(|(_, zone)| match zone {
                Zone::Handling { caught, .. } => Some(caught.clone()),
                Zone::Guarded { .. } => None,
            })
            .collect();
        handled.reverse();
        handled.dedup();
        handled
    }

    /// The zones that control gets into on its way from one to another that is within it, the outermost first; `None` where
    /// it leaves one.
    pub fn entered(&self, from: Option<ZoneId>, to: Option<ZoneId>) -> Option<Vec<&Zone>> {
        let is_outside = |(id, _): &(ZoneId, &Zone)| Some(*id) != from;
        let mut entered: Vec<&Zone> = self
            .around(to)
            .take_while(is_outside)
            .map(|(_, zone)| zone)
            .collect();
        let inside = from.is_none() || self.around(to).any(|(id, _)| Some(id) == from);
        entered.reverse();
        inside.then_some(entered)
    }

    /// The names that the user gave to exceptions whose handlers are left from one zone to another.
    pub fn forgotten(&self, from: Option<ZoneId>, to: Option<ZoneId>) -> Names {
        let stays = |left: ZoneId| self.around(to).any(|(id, _)| id == left);
        let left = self.around(from).filter(|(id, _)| !stays(*id));
        left.filter_map(|(_, zone)| match zone {
            Zone::Handling { name, .. } => name.clone(),
            Zone::Guarded { .. } => None,
        })
        .collect()
    }

    /// The blocks where exceptions go on.
    pub fn catches(&self) -> impl Iterator<Item = BlockId> {
        self.0.iter().filter_map(|(zone, _)| match zone {
            Zone::Guarded { catch, .. } => Some(*catch),
            Zone::Handling { .. } => None,
        })
    }
}
