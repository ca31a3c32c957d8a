//! `cedula`: the reference app over the library's doors, for issuers, holders and verifiers on one command line.

mod accreditation;
mod answer;
mod args;
mod batch;
mod browser;
mod chain;
mod check;
mod demo;
mod deploy;
mod did;
mod ethereum_keystore;
mod failure;
mod hold;
mod home;
mod input;
mod issue;
mod issuers;
mod loopback;
mod network;
mod pack;
mod print;
mod publishing;
mod receive;
mod registry;
mod rows;
mod sd_jwt;
mod template;
mod words;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};
use failure::Result;
use home::Home;
use print::Screen;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(refusal) => {
            // A closed pipe is the reader's choice.
            let _ = refusal.print();
            return ExitCode::from(if refusal.use_stderr() { 64 } else { 0 });
        }
    };
    let screen = Screen::new(args.global.lang.unwrap_or_else(words::of_environment), args.global.json);
    match run(&args, &screen).await {
        Ok(status) => ExitCode::from(status),
        Err(failure) => {
            screen.failure(&failure);
            ExitCode::from(failure.exit())
        }
    }
}

async fn run(args: &Args, screen: &Screen) -> Result<u8> {
    let home = Home::of(&args.global, screen.language)?;
    match &args.command {
        Command::Demo(asked) => demo::run(screen, asked).await,
        Command::Issue(asked) => issue::issue(&home, screen, asked).await,
        Command::Batch(asked) => batch::run(&home, screen, asked).await,
        Command::List => hold::list(&home, screen).await,
        Command::Show(asked) => hold::show(&home, screen, asked).await,
        Command::Scan(asked) => hold::scan(&home, screen, asked).await,
        Command::Receive(asked) => receive::receive(&home, screen, asked).await,
        Command::Ask(asked) => check::ask(&home, screen, asked).await,
        Command::Present(asked) => match &asked.request {
            Some(request) => hold::present(&home, screen, (asked, request)).await,
            None => answer::present(&home, screen, asked).await,
        },
        Command::Verify(asked) => check::verify(&home, screen, asked).await,
        Command::SdJwt(asked) => sd_jwt::answer(screen, asked),
        Command::Status(asked) => issue::status(&home, screen, asked).await,
        Command::Pack(asked) => pack::run(&home, screen, asked).await,
        Command::Backup(asked) => hold::backup(&home, screen, asked).await,
        Command::Restore(asked) => hold::restore(&home, screen, asked).await,
        Command::History => hold::history(&home, screen).await,
        Command::Forget(asked) => hold::forget(&home, screen, asked).await,
        Command::Did(command) => did::run(&home, screen, command).await,
        Command::Accreditation(command) => accreditation::run(&home, screen, command).await,
        Command::Chain(command) => chain::run(&home, screen, command).await,
    }
}
