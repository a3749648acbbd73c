//! What the targets of a read are.

use crate::model::{ClassRef, Entity, EntityId, Model};

/// Whether each of them is a field, which can be read without running code, of any entity that it may be read of.
pub fn are_fields(model: &Model<'_>, targets: &[String]) -> bool {
    all(model, targets, |class, entity, name| {
        let is_other = entity.others.iter().any(|other| other.name == name);
        entity.field(name).is_some() && !is_other && model.method(class, name).is_none()
    })
}

/// Whether each of them is the key.
pub fn are_keys(model: &Model<'_>, targets: &[String]) -> bool {
    all(model, targets, |_, entity, name| {
        let key = entity.key.as_ref();
        key.is_some_and(|key| key.itself == Some(name)) && !name.starts_with("__")
    })
}

fn all<'m, 'p>(
    model: &'m Model<'p>,
    targets: &[String],
    holds: impl Fn(ClassRef, &'m Entity<'p>, &str) -> bool,
) -> bool {
    targets.iter().all(|target| {
        let Some((class, name)) = target.rsplit_once('.') else {
            return false;
        };
        let ids = (0..model.entities.len() as u32).map(EntityId);
        let mut named = ids.filter(|id| model.entity(*id).name == class);
        named.next().is_some_and(|found| {
            let mut derived = model.derived(ClassRef::Entity(found)).iter();
            derived.all(|class| match class {
                ClassRef::Entity(id) => holds(*class, model.entity(*id), name),
                ClassRef::Class(_) => false,
            })
        })
    })
}
