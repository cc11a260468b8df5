// The text of a mail: prose flows in the width that there is, tables keep their columns, and the
// addresses of AWS consoles are links. The text itself, with its line breaks, stays as it is.

import { isConsole } from "./card.js";

const URL_LINE = /^https?:\/\/\S+$/;
const HEADING = /^[A-Z]{2,}(?: [A-Z]{2,})*\b/;
const STEP = /^ {2}\d+\. /;
const PAIR = /^( {2}\S.*? {2,})\S/;
const EVIDENCE = /^ {2}[a-z][a-z ]{0,40}: /;
// What the lines below a heading are, by its first word; other sections are quoted lines.
const KINDS = {
  DO: "step", WHY: "prose", FAILED: "table", WAITING: "table", ATTEMPTS: "table",
  FACTS: "pair", CHANGED: "pair", IDS: "pair", LINKS: "quote", COMMANDS: "quote", LOG: "quote",
};

/** Return elements whose text is exactly that of the mail. */
export function mail(text) {
  const made = [];
  let kind = "prose";
  for (const part of text.split(/(?<=\n)(?=\n)/)) {
    const lines = part.split(/(?<=\n)/);
    while (lines[0] === "\n") made.push(block("gap", lines.shift()));
    if (!lines[0]) continue;
    if (isHeading(lines)) {
      kind = KINDS[HEADING.exec(lines[0])[0].split(" ")[0]] ?? "quote";
      made.push(block("heading", lines.shift()));
    } else if (!lines[0].startsWith(" ")) {
      kind = "prose";
    }
    made.push(...blocks(kind, lines));
  }
  return made;
}

function isHeading(lines) {
  return HEADING.test(lines[0]) && lines.length > 1 && (/^ {2}/.test(lines[1]) || /^(LINKS|COMMANDS)\n/.test(lines[0]));
}

function blocks(kind, lines) {
  if (!lines.length) return [];
  if (kind === "table") return [block("table", lines.join(""))];
  const made = [];
  let held = "";
  const flush = () => {
    // A single step has no number, so nothing that its other lines could align with.
    if (held) made.push(block(kind === "step" && !STEP.test(held) ? "prose" : kind, held));
    held = "";
  };
  for (const line of lines) {
    if (begins(kind, line)) flush();
    held += line;
  }
  flush();
  return made;
}

/** Whether a line begins a block of its own: the lines of prose that follow it flow on. */
function begins(kind, line) {
  if (kind === "step") return STEP.test(line);
  if (kind === "prose") return EVIDENCE.test(line) || line === "-- \n";
  return true;
}

function block(kind, text) {
  const made = document.createElement("div");
  made.className = kind;
  const bare = text.trim();
  if (kind === "quote" && URL_LINE.test(bare) && isConsole(bare)) {
    const link = document.createElement("a");
    link.href = bare;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = text;
    made.append(link);
  } else {
    made.textContent = text;
  }
  const label = kind === "pair" && PAIR.exec(text);
  if (label) made.style.setProperty("--hang", `${label[1].length}ch`);
  return made;
}

/** Make what scrolls sideways reachable with the keyboard, and nothing else. */
export function markScrolling(container, selector) {
  for (const each of container.querySelectorAll(selector)) {
    const scrolls = each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight;
    if (scrolls) {
      each.tabIndex = 0;
      each.setAttribute("role", "region");
      each.setAttribute("aria-label", each.dataset.label ?? "Table");
    } else {
      for (const name of ["tabindex", "role", "aria-label"]) each.removeAttribute(name);
    }
  }
}
