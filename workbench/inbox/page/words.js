// Words for the facts of an alert. They go into the page as text, never as markup.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MARKS = { critical: "◆", warning: "▲", info: "●", recovered: "✓" };
const DRILL_MARKS = { critical: "◇", warning: "△", info: "○", recovered: "✓" };
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
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

/** How long ago it was; the moment itself where that says more. */
export function ago(at, now = Date.now()) {
  const passed = now - at;
  if (passed < 0 || passed >= DAY) return moment(at);
  if (passed < MINUTE) return "just now";
  const minutes = Math.floor(passed / MINUTE);
  return minutes < 60 ? `${minutes} min ago` : `${Math.floor(minutes / 60)} h ago`;
}

/** The same to the second, with year and zone. */
export function exactly(at) {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** "recovered" or the severity; it selects shape, word and colour. */
export function kind(row) {
  return row.status.endsWith("RECOVERED") ? "recovered" : row.severity;
}

/** Whether it was sent to test the path; nothing has failed. */
export function isDrill(row) {
  return row.status.startsWith("DRILL");
}

/** Mark it by shape and colour; the shape of a drill is hollow, and it has no colour. */
export function marked(element, row) {
  const marks = isDrill(row) ? DRILL_MARKS : MARKS;
  element.textContent = marks[kind(row)] ?? "●";
  element.dataset.kind = isDrill(row) ? "drill" : kind(row);
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
