//! Which line of the user's files each generated line comes from.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The origins of one module's lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FileMap {
    /// Runs of lines: the first generated line, the line it comes from, and how many go on from there.
    pub runs: Vec<[u32; 3]>,
    /// The first and the last line of each block, and the qualified name of the method it is a part of.
    pub functions: Vec<(u32, u32, String)>,
}

impl FileMap {
    /// Gathers the runs from the origin of each generated line.
    pub fn new(
        origins: impl IntoIterator<Item = Option<u32>>,
        functions: Vec<(u32, u32, String)>,
    ) -> Self {
        let mut runs: Vec<[u32; 3]> = Vec::new();
        for (generated, origin) in (1..).zip(origins) {
            let Some(origin) = origin else { continue };
            match runs.last_mut() {
                Some([first, from, count])
                    if *first + *count == generated && *from + *count == origin =>
                {
                    *count += 1
                }
                _ => runs.push([generated, origin, 1]),
            }
        }
        Self { runs, functions }
    }

    fn to_json(&self) -> Value {
        json!({ "lines": self.runs, "functions": self.functions })
    }
}

/// The text of `linemap.json`: a line for each file, by path.
pub fn to_json(maps: &BTreeMap<&str, FileMap>) -> String {
    let files: Vec<_> = maps
        .iter()
        .map(|(path, map)| format!("  {}: {}", json!(path), map.to_json()))
        .collect();
    format!("{{\n{}\n}}\n", files.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_goes_on_while_both_sides_do() {
        let origins = [Some(1), Some(2), None, Some(3), Some(3), Some(4), None];
        let map = FileMap::new(origins, vec![(4, 6, "User.buy".to_owned())]);
        assert_eq!(map.runs, [[1, 1, 2], [4, 3, 1], [5, 3, 2]]);
        let text = to_json(&BTreeMap::from([("shop.py", map)]));
        let expected = r#"{
  "shop.py": {"lines":[[1,1,2],[4,3,1],[5,3,2]],"functions":[[4,6,"User.buy"]]}
}
"#;
        assert_eq!(text, expected);
    }
}
