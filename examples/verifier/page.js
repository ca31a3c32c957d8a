// What the page does: waits for the outcome and shows it, hands a fragment on, or asks the browser's own API.
"use strict";

const page = JSON.parse(document.getElementById("page").textContent);
const view = document.getElementById("outcome");

const element = (name, text, ...children) => {
  const made = document.createElement(name);
  if (text !== null) made.textContent = text;
  made.append(...children);
  return made;
};

const claims = (value, path = "") =>
  value !== null && typeof value === "object"
    ? Object.entries(value).flatMap(([name, inner]) => claims(inner, path ? `${path} · ${name}` : name))
    : [element("dt", path), element("dd", String(value))];

function show(outcome) {
  view.className = outcome.status;
  const parts = [element("h2", page.words[outcome.status])];
  for (const [id, verdicts] of Object.entries(outcome.credentials)) {
    for (const verdict of verdicts) {
      parts.push(element("h3", `${id}: ${page.words[verdict.verdict]}`));
      parts.push(...verdict.sentences[document.documentElement.lang].map((text) => element("p", text)));
      parts.push(...(verdict.claims ?? []).map((subject) => element("dl", null, ...claims(subject))));
    }
  }
  parts.push(...(outcome.faults ?? []).map((fault) => element("p", fault)));
  if (outcome.error) parts.push(element("p", outcome.error.code));
  view.replaceChildren(...parts);
  document.getElementById("invitation")?.remove();
}

async function wait() {
  const answer = await fetch(page.result, { cache: "no-store" }).catch(() => null);
  if (answer?.status === 404) return show({ status: "over", credentials: {} });
  const outcome = answer?.ok ? await answer.json() : { status: "pending" };
  if (outcome.status !== "pending") return show(outcome);
  setTimeout(wait, 2000);
}

async function handOn() {
  const body = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  const answer = await fetch(page.response, { method: "POST", body });
  const receipt = await answer.json().catch(() => ({}));
  if (receipt.redirect_uri) return location.replace(receipt.redirect_uri);
  view.replaceChildren(element("h2", page.words[answer.ok ? "sent" : "rejected"]));
}

async function askBrowser() {
  try {
    const credential = await navigator.credentials.get({ digital: { requests: [page.request] }, mediation: "required" });
    const body = JSON.stringify({ protocol: credential.protocol, data: credential.data });
    await fetch(page.dc, { method: "POST", headers: { "content-type": "application/json" }, body });
  } catch {
    view.replaceChildren(element("h2", page.words.unsupported));
  }
}

if (page.outcome) show(page.outcome);
if (page.result) wait();
if (page.response) handOn();
document.getElementById("ask")?.addEventListener("click", askBrowser);
