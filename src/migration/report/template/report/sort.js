"use strict";
// Without this script every table stands in its own order and every date is there.
function place(cell) {
  const key = cell.dataset.sort ?? cell.textContent.trim();
  return { empty: key === "", number: Number(key), text: key };
}
function before(a, b) {
  if (a.empty || b.empty) return a.empty - b.empty; // what is not known stands last
  const numbers = !Number.isNaN(a.number) && !Number.isNaN(b.number);
  return numbers ? a.number - b.number : a.text.localeCompare(b.text, "en");
}
function sort(table, column, ascending) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, key: place(row.cells[column]) }));
  rows.sort((a, b) => {
    const order = before(a.key, b.key);
    return ascending || a.key.empty || b.key.empty ? order : -order;
  });
  body.append(...rows.map((one) => one.row));
}
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const ascending = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sort(table, column, ascending);
    });
  });
}
for (const time of document.querySelectorAll("time[datetime]")) {
  const days = Math.floor((Date.now() - Date.parse(time.dateTime)) / 86400000);
  const words = ["today", "1 day ago"][days] ?? `${days} days ago`;
  if (days >= 0) time.after(` (${words})`);
}
