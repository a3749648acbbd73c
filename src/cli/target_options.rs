//! The options that targets declare, on the command line of the verbs that make bundles.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgMatches, Args, Command, Error, FromArgMatches};
use stateflow::emit::{Choices, TARGETS, Target, TargetOption, Values, duration};

/// What was given of them, by name.
#[derive(Debug)]
pub struct TargetOptions(BTreeMap<String, String>);

impl TargetOptions {
    /// What the bundle of each target is to be like. An option is for those of the targets that know it; it fails where
    /// none does.
    pub fn choose(&self, targets: &[&'static Target]) -> Result<Vec<(&'static Target, Choices)>> {
        for name in self.0.keys() {
            if !targets.iter().any(|target| knows(target, name)) {
                bail!(
                    "--{name} is an option of {}, not of {}",
                    list(TARGETS.iter().filter(|target| knows(target, name))),
                    list(targets.iter().copied())
                );
            }
        }
        let chosen = targets.iter().map(|&target| {
            let mut given = self.0.clone();
            given.retain(|name, _| knows(target, name));
            Ok((target, target.choose(&given)?))
        });
        chosen.collect()
    }
}

fn knows(target: &Target, name: &str) -> bool {
    target.options.iter().any(|option| option.name == name)
}

fn list<'t>(targets: impl Iterator<Item = &'t Target>) -> String {
    let names: Vec<_> = targets.map(|target| target.name).collect();
    names.join(", ")
}

/// Every option once, with the first target that declares it: those that share its name share its meaning.
fn options() -> BTreeMap<&'static str, &'static TargetOption> {
    let all = TARGETS.iter().rev().flat_map(|target| target.options);
    all.map(|option| (option.name, option)).collect()
}

fn arg(option: &'static TargetOption) -> Arg {
    let of = list(TARGETS.iter().filter(|target| knows(target, option.name)));
    let default = match option.values {
        Values::OneOf(_) => option.default().unwrap_or_default(),
        Values::Duration(otherwise) => otherwise,
    };
    let arg = Arg::new(option.name)
        .long(option.name)
        .help(format!("{} ({of}) [default: {default}]", option.help));
    match option.values {
        Values::OneOf(values) => {
            let values = values
                .iter()
                .map(|value| PossibleValue::new(value.name).help(value.help));
            arg.value_name("WHICH")
                .value_parser(PossibleValuesParser::new(values))
        }
        Values::Duration(_) => arg.value_name("DURATION").value_parser(checked_duration),
    }
}

/// A duration as it is written, such as `500ms`, or what is wrong with it.
pub fn checked_duration(text: &str) -> Result<String, String> {
    duration(text).map(|_| text.to_owned())
}

impl Args for TargetOptions {
    fn augment_args(command: Command) -> Command {
        options().into_values().map(arg).fold(command, Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for TargetOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = options().into_keys().filter_map(|name| {
            let value = matches.get_one::<String>(name)?;
            Some((name.to_owned(), value.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
