//! `vnetdig test`: runs the checks that scenarios carry.

mod progress;
mod select;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IndexedParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};
use vnetdig_analysis::diagnose::examine_diagnoses;
use vnetdig_engine::{Limits, ScenarioRun, run as run_scenario};
use vnetdig_model::Severity;
use vnetdig_report::text::TextOptions;
use vnetdig_report::view::{TestView, TestedFile};
use vnetdig_report::{json, junit, text, view};

use self::progress::Progress;
use self::select::{Found, Selection};
use crate::args::{TestArgs, TestFormat, TestOutput};
use crate::console::Console;
use crate::exit::Exit;
use crate::load::{Loaded, load, reason};
use crate::{STACK, Stop, files};

/// One file, read and run.
struct Tested {
    name: String,
    loaded: Loaded,
    /// None when the file cannot be used.
    run: Option<ScenarioRun>,
}

pub(crate) fn run(args: &TestArgs, console: Console) -> Result<Exit, Stop> {
    check_outputs(&args.outputs)?;
    let Found { files, problems } = select::find(&args.paths);
    let mut exit = Exit::Holds;
    for problem in &problems {
        console.error(problem);
        exit = Exit::InvalidInput;
    }
    if args.list {
        return Ok(exit.max(list(&files, args, console)));
    }
    let tested = run_files(&files, args)?;
    for file in &tested {
        console.diagnostics(&file.loaded.sources, &file.loaded.diagnostics);
        for stage in file.run.iter().flat_map(|run| &run.stages) {
            console.diagnostics(&file.loaded.sources, &stage.diagnostics);
        }
        exit = exit.max(exit_of(file));
    }
    let checks: usize = tested.iter().filter_map(|file| file.run.as_ref()).map(count).sum();
    if checks == 0 && exit == Exit::Holds {
        console.error(&match &args.filter {
            Some(filter) => format!("no check has to do with `{filter}`"),
            None => "there is no check".to_owned(),
        });
        exit = Exit::NothingToDo;
    }
    let files: Vec<TestedFile<'_>> = tested.iter().map(Tested::shown).collect();
    Ok(exit.max(print(&view::tests(&files), args, console)))
}

/// Runs the files side by side. What comes of them is in the order of the files.
fn run_files(files: &[PathBuf], args: &TestArgs) -> Result<Vec<Tested>, Stop> {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK).build();
    let pool = pool.map_err(|error| Stop::new(Exit::OurFault, format!("cannot start threads: {error}")))?;
    let selection = Selection::new(args.filter.as_deref());
    let limits = args.settings.limits();
    let done = AtomicUsize::new(0);
    // Files before the first one that fails are always run to their end, so the result depends on no timing.
    let first_failed = AtomicUsize::new(usize::MAX);
    let run_one = |(index, path): (usize, &PathBuf)| {
        if index > first_failed.load(Ordering::Relaxed) {
            return None;
        }
        let mut tested = run_file(path, args, &selection, &limits);
        if args.fail_fast && exit_of(&tested) != Exit::Holds {
            first_failed.fetch_min(index, Ordering::Relaxed);
            tested.run = tested.run.map(select::until_first_failure);
        }
        done.fetch_add(1, Ordering::Relaxed);
        Some(tested)
    };
    let progress = Progress { done: &done, total: files.len() };
    let tested: Vec<Option<Tested>> =
        progress.show_during(|| pool.install(|| files.par_iter().enumerate().map(run_one).collect()));
    let last = first_failed.into_inner();
    Ok(tested.into_iter().take(last.saturating_add(1)).flatten().collect())
}

fn run_file(path: &PathBuf, args: &TestArgs, selection: &Selection, limits: &Limits) -> Tested {
    let name = path.display().to_string();
    let loaded = load(std::slice::from_ref(path), &args.settings.switches);
    let run = loaded.scenario.as_ref().map(|scenario| {
        tracing::debug!(file = name, "runs");
        let mut run = run_scenario(scenario, limits);
        examine_diagnoses(&mut run, limits);
        selection.retain(&name, &mut run);
        run
    });
    Tested { name, loaded, run }
}

impl Tested {
    fn shown(&self) -> TestedFile<'_> {
        let Loaded { sources, diagnostics, .. } = &self.loaded;
        TestedFile { name: self.name.clone(), sources, run: self.run.as_ref(), diagnostics }
    }
}

fn count(run: &ScenarioRun) -> usize {
    run.stages.iter().map(|stage| stage.results.len()).sum()
}

fn exit_of(tested: &Tested) -> Exit {
    let Some(run) = &tested.run else { return Exit::InvalidInput };
    let mut diagnostics = run.stages.iter().flat_map(|stage| &stage.diagnostics);
    if diagnostics.any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Exit::InvalidInput;
    }
    let results = run.stages.iter().flat_map(|stage| &stage.results);
    let exits = results.map(|result| match (result.failures.is_empty(), result.resolution.cut_by) {
        (false, _) => Exit::DoesNotHold,
        // It holds as far as it was followed.
        (true, Some(_)) => Exit::Undetermined,
        (true, None) => Exit::Holds,
    });
    exits.max().unwrap_or(Exit::Holds)
}

/// Two forms cannot share standard output, or a file.
fn check_outputs(outputs: &[TestOutput]) -> Result<(), Stop> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err(Stop::usage("only one form can go to standard output; give the others a file: -o junit=FILE"));
    }
    let files: Vec<&PathBuf> = outputs.iter().filter_map(|output| output.file.as_ref()).collect();
    if let Some(twice) =
        files.iter().enumerate().find_map(|(index, file)| files[..index].contains(file).then_some(file))
    {
        return Err(Stop::usage(format!("two forms cannot go to one file, `{}`", twice.display())));
    }
    Ok(())
}

/// Prints the result in the forms asked for; as text when none of them goes to standard output.
fn print(view: &TestView, args: &TestArgs, console: Console) -> Exit {
    let mut exit = Exit::Holds;
    let printed = args.outputs.iter().find(|output| output.file.is_none());
    let format = printed.map_or(TestFormat::Text, |output| output.format);
    let answer = match format {
        TestFormat::Text => rendered(&without_warnings(view), format, args.verbose, console.colors_stdout()),
        _ => rendered(view, format, args.verbose, false),
    };
    exit = exit.max(console.answer(&answer));
    for output in &args.outputs {
        let Some(file) = &output.file else { continue };
        let text = rendered(view, output.format, args.verbose, false);
        if let Err(error) = files::replace(file, text.as_bytes()) {
            console.error(&format!("cannot write `{}`: {}", file.display(), reason(&error)));
            exit = exit.max(Exit::Unwritable);
        }
    }
    exit
}

/// Standard error has the warnings already, with the lines they are about.
fn without_warnings(view: &TestView) -> TestView {
    let mut view = view.clone();
    for file in &mut view.scenarios {
        file.diagnostics.retain(|problem| problem.severity == "error");
    }
    view
}

fn rendered(view: &TestView, format: TestFormat, verbose: bool, color: bool) -> String {
    match format {
        TestFormat::Text => text::tests(view, TextOptions { verbose, color }),
        TestFormat::Json => json::tests(view),
        TestFormat::Junit => junit::tests(view),
    }
}

/// Prints one line a check, without running any.
fn list(files: &[PathBuf], args: &TestArgs, console: Console) -> Exit {
    let selection = Selection::new(args.filter.as_deref());
    let mut exit = Exit::Holds;
    let mut lines = String::new();
    for path in files {
        let loaded = load(std::slice::from_ref(path), &args.settings.switches);
        console.diagnostics(&loaded.sources, &loaded.diagnostics);
        match &loaded.scenario {
            Some(scenario) => lines.push_str(&selection.list(&path.display().to_string(), &loaded.sources, scenario)),
            None => exit = Exit::InvalidInput,
        }
    }
    if lines.is_empty() && exit == Exit::Holds {
        console.error("there is no check to list");
        exit = Exit::NothingToDo;
    }
    exit.max(console.answer(&lines))
}
