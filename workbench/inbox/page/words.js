// Words for the facts of an alert. They go into the page as text, never as markup.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MARKS = { critical: "◆", warning: "▲", info: "●", recovered: "✓" };
const OUTCOMES = {
  first: "First",
  grew: "Update",
  repeat: "Back again",
  recovered: "Recovered",
  closed: "Ended",
};

const two = (number) => String(number).padStart(2, "0");

/** "18 Nov 02:30", in UTC like the mails. */
export function moment(at) {
  const when = new Date(at);
  const day = `${when.getUTCDate()} ${MONTHS[when.getUTCMonth()]}`;
  return `${day} ${two(when.getUTCHours())}:${two(when.getUTCMinutes())}`;
}

/** The same to the second, with year and zone. */
export function exactly(at) {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** "recovered" or the severity; it selects shape, word and colour. */
export function kind(row) {
  return row.status.endsWith("RECOVERED") ? "recovered" : row.severity;
}

export function marked(element, row) {
  element.textContent = MARKS[kind(row)] ?? "●";
  element.dataset.kind = kind(row);
}

export function outcome(row) {
  return OUTCOMES[row.outcome] ?? "Alert";
}

/** The name and what happened, as the subject has them: "FAILED nightly: Timed out (etl)". */
export function headline(row) {
  const rest = row.subject.startsWith(`${row.status} `) ? row.subject.slice(row.status.length + 1) : "";
  const end = rest.indexOf(": ");
  if (end < 0) return { name: row.name || "unnamed job", what: row.title };
  const what = withoutQueue(rest.slice(end + 2), row.queue);
  return { name: rest.slice(0, end), what: kind(row) === "recovered" ? `Recovered ${what}` : what };
}

/** Without the queue, which the row shows beside it: "Timed out (etl, first time)" is "Timed out (first time)". */
function withoutQueue(what, queue) {
  const start = what.lastIndexOf(" (");
  if (!queue || start < 0 || !what.endsWith(")")) return what;
  const parts = what.slice(start + 2, -1).split(", ").filter((part) => part !== queue);
  return what.slice(0, start) + (parts.length ? ` (${parts.join(", ")})` : "");
}

export function counted(number, one, many) {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}
