//! What documents, comments, schemas and the package lean on is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Every file below the repository's root that this project wrote, with this ending.
fn files(ending: &str) -> Vec<PathBuf> {
    fn walk(dir: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        const FOREIGN: [&str; 5] = ["target", "node_modules", "dist", ".git", "output"];
        for entry in fs::read_dir(dir).expect("a directory of the repository").flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() && !path.is_symlink() {
                if !FOREIGN.iter().any(|foreign| name == *foreign) {
                    walk(&path, ending, found);
                }
            } else if name.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(Path::new(env!("CARGO_MANIFEST_DIR")), ending, &mut found);
    found.sort();
    found
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("a file of the repository is UTF-8")
}

/// The numbers after each `§` that follows a mention of `science.md`, up to the end of the parenthesis or sentence.
fn cited(text: &str) -> Vec<u32> {
    let mut cited = Vec::new();
    for (at, name) in text.match_indices("science.md") {
        let rest = &text[at + name.len()..];
        let end = rest.find([')', ';', '\n']).unwrap_or(rest.len());
        let numbers = rest[..end]
            .split('§')
            .skip(1)
            .map(|number| number.chars().take_while(char::is_ascii_digit).collect::<String>());
        cited.extend(numbers.filter_map(|number| number.parse::<u32>().ok()));
    }
    cited
}

#[test]
fn sections_of_the_science_that_are_cited_exist() {
    let science = text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/science.md"));
    let sections: BTreeSet<u32> =
        science.lines().filter_map(|line| line.strip_prefix("## ")?.split(' ').next()?.parse().ok()).collect();
    assert_eq!(sections, (1..=8).collect(), "numbers of sections stay as they are");
    let mut citations = 0;
    for path in files(".rs").into_iter().chain(files(".md")).filter(|path| !path.ends_with(file!())) {
        for number in cited(&text(&path)) {
            assert!(sections.contains(&number), "{} cites science.md §{number}, which is not there", path.display());
            citations += 1;
        }
    }
    assert!(citations > 80, "only {citations} citations were found");
    assert_eq!(cited("(science.md §1 and §3) and science.md §12, or §9"), [1, 3, 12, 9]);
}

#[test]
fn nothing_leans_on_documents_that_are_not_here() {
    for path in files(".rs").into_iter().chain(files(".md")).filter(|path| !path.ends_with(file!())) {
        for absent in ["design.md", "practice.md", "risk.md", "people.md", "world.md", "sooner.md"] {
            let text = text(&path);
            assert!(!text.contains(absent), "{} mentions {absent}, which is not in the repository", path.display());
        }
    }
}

#[test]
fn relative_links_of_documents_lead_somewhere() {
    let mut links = 0;
    for path in files(".md") {
        let text = text(&path);
        let dir = path.parent().expect("a file has a directory");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            links += 1;
            assert!(dir.join(target).exists(), "{} links to {target}, which is not there", path.display());
        }
    }
    assert!(links > 20, "only {links} links were found");
}

#[test]
fn what_a_recipe_names_is_in_a_file_that_it_links_to_and_each_is_in_the_index() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/howto");
    let index = text(&dir.join("README.md"));
    let is_name = |word: &&str| {
        word.len() > 2
            && word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c))
    };
    let is_source = |path: &PathBuf| path.is_file() && path.extension().is_none_or(|of| of != "md");
    let mut names = 0;
    for path in files(".md").iter().filter(|path| path.starts_with(&dir)) {
        let recipe = text(path);
        let linked = recipe.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let sources: String = linked.map(|to| dir.join(to)).filter(is_source).map(|path| text(&path)).collect();
        let prose = recipe.split("```").step_by(2);
        for name in prose.flat_map(|prose| prose.split('`').skip(1).step_by(2)).filter(is_name) {
            let last = name.rsplit("::").next().unwrap_or(name);
            assert!(sources.contains(last), "{} names `{name}`, which no file that it links to has", path.display());
            names += 1;
        }
        let name = path.file_name().expect("a file").to_string_lossy();
        assert!(name == "README.md" || index.contains(&format!("]({name}) |")), "{name} is not in the index");
    }
    assert!(names > 100, "only {names} names were found");
}

#[test]
fn what_clients_read_cites_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for schema in ["src/tablet/openapi.json", "docs/summary-schema/v1.json"] {
        let text = text(&root.join(schema));
        for word in ["science.md", "design.md", "ARCHITECTURE"] {
            assert!(!text.contains(word), "{schema} mentions {word}");
        }
    }
}

#[test]
fn each_decision_is_in_the_index_under_its_number() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/decisions");
    let index = text(&dir.join("README.md"));
    let mut numbers = Vec::new();
    for path in files(".md").iter().filter(|path| path.starts_with(&dir) && !path.ends_with("README.md")) {
        let name = path.file_name().expect("a file").to_string_lossy();
        let number: u32 = name[..4].parse().expect("a decision begins with its number");
        assert!(index.contains(&format!("| [{number}]({name}) |")), "{name} is not in the index");
        numbers.push(number);
    }
    let last = *numbers.last().expect("there are decisions");
    assert!((24..=last).all(|number| numbers.contains(&number)), "numbers without holes from 24 on: {numbers:?}");
    assert!(index.contains(&format!("The next one is {}", last + 1)), "the index names the next number");
}

#[test]
fn each_test_target_is_in_the_readme_of_the_tests() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let readme = text(&tests.join("README.md"));
    let targets = fs::read_dir(&tests).expect("a directory").flatten().filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.path().join("main.rs").exists();
        if is_folder {
            Some(format!("{name}/main.rs"))
        } else {
            Some(name).filter(|name| Path::new(name).extension().is_some_and(|of| of == "rs"))
        }
    });
    for target in targets {
        assert!(readme.contains(&format!("]({target}) |")), "tests/README.md does not list {target}");
    }
}

#[test]
fn the_package_says_which_layout_its_program_knows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = text(&root.join("packaging/build-deb"));
    let line = script.lines().find(|line| line.starts_with("layout=")).expect("it reads the layout from the source");
    let ran = Command::new("bash").args(["-c", &format!("{line}; echo \"$layout\"")]).current_dir(root).output();
    let said = String::from_utf8(ran.expect("bash runs").stdout).expect("a number");
    assert_eq!(said.trim(), pitchguard::store::SCHEMA.to_string(), "{line}");
}
