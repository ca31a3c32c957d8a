//! The walk-through: three credentials issued, held, shown, checked with no network, altered, revoked, re-signed, presented,
//! outliving a stolen key, and judged by who accredited their issuer.

mod page;
mod scenes;
mod sizes;
mod stage;
mod story;
mod trust;

use crate::args;
use crate::failure::Result;
use crate::print::Screen;

use stage::Stage;

/// `cedula demo`
pub async fn run(screen: &Screen, asked: &args::Demo) -> Result<u8> {
    let mut stage = Stage::set(screen, asked.out.as_deref()).await?;
    let folder = stage.out.display().to_string();
    screen.paragraph(&story::opening(screen.language, &folder));
    scenes::registry(&stage).await?;
    stage.hours_pass(24);
    let issued = scenes::issuing(&mut stage).await?;
    let pictures = scenes::pictures(&mut stage, &issued).await?;
    stage.hours_pass(40);
    let guard = scenes::checkpoint(&mut stage).await?;
    scenes::altered(&mut stage, &guard, &issued).await?;
    stage.hours_pass(3);
    scenes::revoked(&mut stage, &guard, &issued).await?;
    stage.hours_pass(4);
    scenes::rotated(&mut stage).await?;
    stage.hours_pass(1);
    let publisher = scenes::presented(&mut stage).await?;
    trust::stolen(&mut stage).await?;
    trust::accredited(&mut stage).await?;
    scenes::closing(&stage, &publisher);
    Ok(stage.end(&pictures))
}
