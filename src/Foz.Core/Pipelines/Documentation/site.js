const root = document.body.dataset.root;
const input = document.querySelector(".search input");
const found = document.querySelector(".found");

for (const link of document.querySelectorAll("nav a")) {
  if (link.href === location.href.split("#")[0]) link.setAttribute("aria-current", "page");
}

input.addEventListener("input", () => {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = words.length === 0 ? [] : pages
    .map(page => ({ page, name: page.name.toLowerCase(), text: page.text.toLowerCase() }))
    .filter(hit => words.every(word => hit.name.includes(word) || hit.text.includes(word)))
    .sort((a, b) => Number(words.every(word => b.name.includes(word))) - Number(words.every(word => a.name.includes(word))))
    .slice(0, 20);
  found.replaceChildren(...hits.map(({ page }) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = root + page.page;
    link.textContent = page.name;
    item.append(link);
    return item;
  }));
  found.hidden = hits.length === 0;
});

input.addEventListener("keydown", event => {
  if (event.key === "Enter") found.querySelector("a")?.click();
});

document.addEventListener("keydown", event => {
  if (event.key === "/" && document.activeElement !== input) {
    event.preventDefault();
    input.focus();
  }
});
