//! What a bundle can be asked to be like: the options that targets declare.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::Target;

/// An option of a target, as the command line takes it.
#[derive(Debug)]
pub struct TargetOption {
    /// How it is called.
    pub name: &'static str,
    /// What it decides.
    pub help: &'static str,
    /// What it can be.
    pub values: Values,
}

/// What an option can be.
#[derive(Debug)]
pub enum Values {
    /// One of these; the first is taken where nothing is said.
    OneOf(&'static [Value]),
    /// A duration, kept in milliseconds, or what this says.
    Duration(&'static str),
}

/// A value of an option.
#[derive(Debug)]
pub struct Value {
    /// How it is called.
    pub name: &'static str,
    /// What it means.
    pub help: &'static str,
}

/// A value for each option of a target that has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices(BTreeMap<&'static str, String>);

impl TargetOption {
    /// The value that is taken where nothing is said.
    pub fn default(&self) -> Option<&'static str> {
        match self.values {
            Values::OneOf(values) => values.first().map(|value| value.name),
            Values::Duration(_) => None,
        }
    }

    /// The value as it is kept, or what is wrong with it.
    fn read(&self, text: &str) -> Result<String, String> {
        match self.values {
            Values::Duration(_) => duration(text).map(|milliseconds| milliseconds.to_string()),
            Values::OneOf(values) if values.iter().any(|value| value.name == text) => {
                Ok(text.to_owned())
            }
            Values::OneOf(values) => {
                let names: Vec<_> = values.iter().map(|value| value.name).collect();
                Err(format!("it is one of {}", names.join(", ")))
            }
        }
    }
}

impl Target {
    /// The choices where no option is given.
    pub fn defaults(&self) -> Choices {
        let values = self.options.iter().filter_map(|option| {
            let value = option.default()?;
            Some((option.name, value.to_owned()))
        });
        Choices(values.collect())
    }

    /// The choices where some options are given. Fails where the target does not know one, or not the value.
    pub fn choose(&self, given: &BTreeMap<String, String>) -> Result<Choices> {
        let Choices(mut choices) = self.defaults();
        for (name, value) in given {
            let Some(option) = self.options.iter().find(|option| option.name == name) else {
                bail!("the target {} has no option --{name}", self.name);
            };
            match option.read(value) {
                Ok(value) => choices.insert(option.name, value),
                Err(reason) => bail!("--{name} cannot be {value:?}: {reason}"),
            };
        }
        Ok(Choices(choices))
    }
}

impl Choices {
    /// What an option is, where it is anything.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, sorted by name.
    pub(super) fn all(&self) -> &BTreeMap<&'static str, String> {
        &self.0
    }
}

/// The units of a duration, in milliseconds.
const UNITS: &[(&str, u64)] = &[
    ("ms", 1),
    ("s", 1_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// The milliseconds of a duration such as `500ms`, or what is wrong with it.
pub fn duration(text: &str) -> Result<u64, String> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = text.strip_suffix(unit).unwrap_or_default().parse::<u32>();
    let unit = UNITS.iter().find(|(name, _)| *name == unit);
    match (number, unit) {
        (Ok(number @ 1..), Some((_, milliseconds))) => Ok(u64::from(number) * milliseconds),
        _ => Err("a duration is a number and a unit, as in 500ms, 10s, 1min, 1h or 7d".to_owned()),
    }
}

/// So many milliseconds as a duration, in the largest unit that says it.
pub(super) fn in_units(milliseconds: u64) -> String {
    let mut units = UNITS.iter().rev();
    let whole = units.find(|(_, unit)| milliseconds.is_multiple_of(*unit));
    whole.map_or_else(String::new, |(name, unit)| {
        format!("{}{name}", milliseconds / unit)
    })
}

#[cfg(test)]
mod tests {
    use super::super::find_target;
    use super::*;

    #[test]
    fn a_duration_has_a_unit() {
        for (good, milliseconds) in [
            ("500ms", 500),
            ("1s", 1_000),
            ("10min", 600_000),
            ("2h", 7_200_000),
            ("7d", 604_800_000),
        ] {
            assert_eq!(duration(good), Ok(milliseconds));
            assert_eq!(in_units(milliseconds), good);
        }
        for bad in [
            "",
            "1",
            "s",
            "0s",
            "-1s",
            "1 s",
            "1w",
            "1.5s",
            "99999999999s",
        ] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_target_has_its_own_options_and_their_values() {
        let choose = |target: &str, name: &str, value: &str| {
            let given = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            find_target(target).unwrap().choose(&given)
        };
        let chosen = choose("pyflink", "state-ttl", "1h").unwrap();
        assert_eq!(chosen.get("state-ttl"), Some("3600000"));
        assert_eq!(chosen.get("delivery"), Some("log"));
        for (target, name, value, words) in [
            ("local", "delivery", "log", "local has no option --delivery"),
            ("pyflink", "delivery", "mail", "one of log, transactions"),
            ("pyflink", "state-ttl", "soon", "a number and a unit"),
        ] {
            let error = choose(target, name, value).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
