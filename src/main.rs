//! temp
fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().collect();
    vakhta::cli::evaluate::storm::run(a[1].as_ref(), a[2].as_ref())?;
    Ok(())
}
