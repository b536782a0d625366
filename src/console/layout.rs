//! What stands around every page.

use super::{Console, session::Session};
use maud::{DOCTYPE, Markup, html};

/// Which page is open, for the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Flow,
    Documents,
    Dead,
    Mappings,
    None,
}

fn document(title: &str, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Crossdock" }
                link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M1 5h9V2l5 4.5L10 11V8H1z' fill='%232f6fdb'/%3E%3Cpath d='M1 12h14v2H1z' fill='%23888'/%3E%3C/svg%3E";
                link rel="stylesheet" href="/console.css";
                // Not deferred: it sets the colours before anything is painted.
                script src="/console.js" {}
            }
            body { (body) }
        }
    }
}

/// A page of a session.
pub fn page(console: &Console, session: &Session, tab: Tab, title: &str, main: Markup) -> Markup {
    let tenant = console.hub.directory.tenants.get(&session.tenant).map_or("", |t| t.name.as_str());
    let tabs = [
        (Tab::Flow, "/", "Flow"),
        (Tab::Documents, "/documents", "Documents"),
        (Tab::Dead, "/dead", "Dead letters"),
        (Tab::Mappings, "/mappings", "Mappings"),
    ];
    document(
        title,
        html! {
            a .skip href="#main" { "Skip to the content" }
            header .top {
                a .brand href="/" { span .mark aria-hidden="true" {} "Crossdock" }
                nav aria-label="Pages" {
                    @for (of, path, name) in tabs {
                        a href=(path) aria-current=[(of == tab).then_some("page")] { (name) }
                    }
                }
                form .search role="search" action="/story" {
                    input #search type="search" name="number" placeholder="Order number" aria-label="Order number: opens its story" autocomplete="off" spellcheck="false";
                    kbd aria-hidden="true" { "/" }
                }
                span .who title={ "Key: " (session.name) } { span .sr { "Tenant " } (tenant) }
                button #theme .ghost type="button" aria-label="Light or dark" title="Light or dark" { "◐" }
                button #keys .ghost type="button" aria-label="Keys" title="Keys" { "?" }
                form method="post" action="/logout" {
                    input type="hidden" name="csrf" value=(session.csrf);
                    button .ghost type="submit" { "Log out" }
                }
            }
            main #main tabindex="-1" { (main) }
            dialog #help aria-label="Keys" {
                h2 { "Keys" }
                dl .facts {
                    dt { kbd { "/" } } dd { "search" }
                    dt { kbd { "g" } " " kbd { "f" } } dd { "flow" }
                    dt { kbd { "g" } " " kbd { "d" } } dd { "documents" }
                    dt { kbd { "g" } " " kbd { "x" } } dd { "dead letters" }
                    dt { kbd { "g" } " " kbd { "m" } } dd { "mappings" }
                    dt { kbd { "?" } } dd { "this list" }
                }
                form method="dialog" { button { "Close" } }
            }
        },
    )
}

/// A page without a session.
pub fn plain(title: &str, main: Markup) -> Markup {
    document(title, html! { main #main .plain { p .sign { span .mark aria-hidden="true" {} "Crossdock" } (main) } })
}

/// A page that says what went wrong.
pub fn bare(title: &str, sentence: &str, next: &str) -> Markup {
    plain(
        title,
        html! {
            section .card role="alert" {
                h1 { (title) }
                p { (sentence) }
                p .muted { (next) }
                p { a href="/" { "To the flow" } " · " a href="/documents" { "Documents" } }
            }
        },
    )
}

/// What a replay is asked: the name of its box, and what it says.
pub type Question = (&'static str, &'static str);
/// Of what goes out.
pub const MAP_AGAIN: Question = ("map_again", "Map again, by what now stands");
pub const NUMBER_AGAIN: Question = ("number_again", "Number again");
/// Of what came in.
pub const ACKNOWLEDGE_AGAIN: Question = ("acknowledge_again", "Acknowledge again");

/// A form of one button with a reason.
pub fn button(session: &Session, path: &str, name: &str, is_primary: bool) -> Markup {
    asking(session, path, name, is_primary, &[])
}

/// The same, with what it asks; no box is ticked.
pub fn asking(session: &Session, path: &str, name: &str, is_primary: bool, questions: &[Question]) -> Markup {
    html! {
        @if session.may_operate {
            form .act method="post" action=(path) {
                input type="hidden" name="csrf" value=(session.csrf);
                input type="text" name="why" placeholder="Reason" aria-label={ "Reason to " (name.to_lowercase()) } maxlength="200" required;
                @for (name, says) in questions { label .ask { input type="checkbox" name=(name) value="true"; " " (says) } }
                button .primary[is_primary] type="submit" { (name) }
            }
        }
    }
}
