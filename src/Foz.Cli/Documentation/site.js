const root = document.body.dataset.root;
const input = document.querySelector(".search input");
const found = document.querySelector(".found");

for (const link of document.querySelectorAll("nav a")) {
  if (link.href === location.href.split("#")[0]) link.setAttribute("aria-current", "page");
}

const linksMax = 100;

function linkTo(page, text) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = root + page.page;
  link.textContent = text;
  if (link.href === location.href.split("#")[0]) link.setAttribute("aria-current", "page");
  item.append(link);
  return item;
}

// Of many tables a page has only the names of the schemas: what is opened is filled in here, and no more of it than can be read.
const schemas = [...document.querySelectorAll("nav details[data-schema]")].map(details => {
  const start = details.dataset.schema.toLowerCase() + ".";
  const own = pages.filter(page => page.name.toLowerCase().startsWith(start))
    .map(page => ({ page, name: page.name.slice(start.length) }));
  return { details, own };
});

function fill({ details, own }, text) {
  const shown = own.filter(entry => entry.name.toLowerCase().includes(text));
  const isHere = entry => new URL(root + entry.page.page, location.href).href === location.href.split("#")[0];
  const first = shown.slice(0, linksMax);
  const here = shown.slice(linksMax).filter(isHere);
  details.querySelector("ul").replaceChildren(...[...here, ...first].map(entry => linkTo(entry.page, entry.name)));
  details.querySelector(".count").textContent = text ? `${shown.length} of ${own.length}` : own.length.toLocaleString("en");
  details.querySelector(".more").hidden = shown.length <= linksMax;
  details.hidden = text !== "" && shown.length === 0;
  return shown.length;
}

const filter = document.querySelector(".filter input");
for (const schema of schemas) {
  schema.details.querySelector(".more").hidden = true;
  schema.details.addEventListener("toggle", () => {
    if (schema.details.open) fill(schema, filter.value.trim().toLowerCase());
  });
  if (schema.own.some(entry => new URL(root + entry.page.page, location.href).href === location.href.split("#")[0])) schema.details.open = true;
}
filter?.addEventListener("input", () => {
  const text = filter.value.trim().toLowerCase();
  for (const schema of schemas) {
    const count = fill(schema, text);
    schema.details.open = text !== "" && count > 0;
  }
});

input.addEventListener("input", () => {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = words.length === 0 ? [] : pages
    .map(page => ({ page, name: page.name.toLowerCase(), text: page.text.toLowerCase() }))
    .filter(hit => words.every(word => hit.name.includes(word) || hit.text.includes(word)))
    .sort((a, b) => Number(words.every(word => b.name.includes(word))) - Number(words.every(word => a.name.includes(word))))
    .slice(0, 20);
  found.replaceChildren(...hits.map(({ page }) => linkTo(page, page.name)));
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
