//! `stateflow init`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{Outcome, terminal};

/// Start a new app: a small one that works, to change into yours
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The folder to make it in
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The files of a new app.
static FILES: &[(&str, &str)] = &[
    ("shop.py", include_str!("../../templates/init/shop.py")),
    ("README.md", include_str!("../../templates/init/README.md")),
    (
        "requirements.txt",
        include_str!("../../templates/init/requirements.txt"),
    ),
    (".gitignore", include_str!("../../templates/init/gitignore")),
];

pub fn run(args: &Args) -> Result<Outcome> {
    let folder = &args.folder;
    for (name, _) in FILES {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            bail!("{} exists already; nothing was written", path.display());
        }
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, content) in FILES {
        create(&folder.join(name), content)?;
    }
    let app = folder.join("shop.py");
    terminal::print(&format!("{}\n", app.display()))?;
    terminal::say(&format!("next: stateflow run {}", app.display()));
    Ok(Outcome::Done)
}

fn create(path: &Path, content: &str) -> Result<()> {
    fs::File::create_new(path)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}
