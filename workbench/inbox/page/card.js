// A chat card from an Amazon Q Developer custom notification. It renders the client-markdown that
// the notifier writes: code, code blocks, bold, and links to AWS consoles. Everything else is text.

const CONSOLES = [".console.aws.amazon.com", ".console.amazonaws-us-gov.com", ".console.amazonaws.cn"];
const PLAIN_CONSOLES = ["console.aws.amazon.com", "console.amazonaws-us-gov.com", "console.amazonaws.cn"];
const EMOJI = {
  ":rotating_light:": ["◆", "critical"],
  ":warning:": ["▲", "warning"],
  ":information_source:": ["●", "info"],
  ":white_check_mark:": ["✓", "recovered"],
};
const BLOCK = /```\n?([\s\S]*?)\n?```/;
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|\[([^\]\n]+)\]\(([^)\s]+)\)|(:[a-z_]+:)/;

export function card(chat) {
  const content = chat?.content ?? {};
  const box = document.createElement("div");
  box.className = "card";
  box.append(line("sender", "Amazon Q Developer"));
  const title = line("title", "");
  title.append(...inline(asText(content.title)));
  box.append(title, ...blocks(asText(content.description)));
  const steps = Array.isArray(content.nextSteps) ? content.nextSteps : [];
  if (steps.length) {
    const list = document.createElement("ol");
    for (const step of steps) {
      const item = document.createElement("li");
      item.append(...inline(asText(step)));
      list.append(item);
    }
    box.append(line("steps", "Next steps"), list);
  }
  return box;
}

function asText(value) {
  return typeof value === "string" ? value : "";
}

function line(name, text) {
  const made = document.createElement("p");
  made.className = name;
  made.textContent = text;
  return made;
}

function blocks(text) {
  const made = [];
  for (let rest = text; rest; ) {
    const found = BLOCK.exec(rest);
    const before = found ? rest.slice(0, found.index) : rest;
    for (const paragraph of before.split(/\n{2,}/)) {
      if (!paragraph.trim()) continue;
      const part = line("part", "");
      part.append(...inline(paragraph.replace(/^\n+|\n+$/g, "")));
      made.push(part);
    }
    if (!found) break;
    const code = document.createElement("pre");
    code.dataset.label = "Quoted lines";
    code.textContent = found[1];
    made.push(code);
    rest = rest.slice(found.index + found[0].length);
  }
  return made;
}

function inline(text) {
  const made = [];
  for (let rest = text; rest; ) {
    const found = INLINE.exec(rest);
    if (!found) return [...made, rest];
    made.push(rest.slice(0, found.index), element(found));
    rest = rest.slice(found.index + found[0].length);
  }
  return made;
}

function element([whole, code, bold, label, url, emoji]) {
  if (code) return worded("code", code);
  if (bold) return worded("strong", bold);
  if (emoji) return EMOJI[emoji] ? mark(...EMOJI[emoji]) : whole;
  if (!isConsole(url)) return `${label} (${url})`;
  const link = worded("a", label);
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function worded(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** The mark that stands for an emoji by its name, or the name itself. */
export function emoji(name) {
  const known = EMOJI[`:${name}:`];
  return known ? mark(...known) : `:${name}:`;
}

function mark(shape, kind) {
  const made = worded("span", shape);
  made.className = "mark";
  made.dataset.kind = kind;
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", kind);
  return made;
}

export function isConsole(address) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return false;
  }
  if (url.protocol !== "https:" || url.username || url.password || url.port) return false;
  return PLAIN_CONSOLES.includes(url.hostname) || CONSOLES.some((end) => url.hostname.endsWith(end));
}
