// Rows by the column whose heading is pressed; pressed again, the other way round.
for (const button of document.querySelectorAll("table.sortable th button")) {
  button.addEventListener("click", () => {
    const head = button.parentElement;
    const column = [...head.parentElement.children].indexOf(head);
    const rising = head.ariaSort === "descending";
    for (const other of head.parentElement.children) other.ariaSort = "none";
    head.ariaSort = rising ? "ascending" : "descending";
    const body = head.closest("table").tBodies[0];
    const value = (row) => row.cells[column].dataset.value;
    const compare = (one, other) =>
      isNaN(one) || isNaN(other) ? one.localeCompare(other) : one - other;
    const rows = [...body.rows].sort((a, b) => compare(value(a), value(b)));
    body.append(...(rising ? rows : rows.reverse()));
  });
}
