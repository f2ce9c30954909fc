// Enter in the search opens the first thing found where none is chosen by the arrow keys.
document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "search-input-command") return;
    if (document.querySelector("#command-results-list .active")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const first = document.querySelector("#command-results-list a");
    if (first) window.location.assign(first.href);
}, true);
