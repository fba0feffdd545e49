// The API reference: fills forms with examples, sends them, shows what comes back.

/** A sentence that the page brings in its own language, with its numbers. */
const said = (name, numbers) => document.body.dataset[name].replace(/\{(\w+)\}/g, (_, key) => numbers[key]);

/** The request that a form describes. */
const readRequest = (form) => {
  const method = form.dataset.method;
  const fields = [...form.querySelectorAll("[data-in]")];
  const inPath = fields.filter((field) => field.dataset.in === "path");
  const path = inPath.reduce(
    (address, field) => address.replace(`{${field.name}}`, encodeURIComponent(field.value || "svg")),
    form.dataset.path,
  );
  const query = new URLSearchParams();
  for (const field of fields) {
    const isDefault = field.value === "" || field.value === field.dataset.default;
    if (field.dataset.in === "query" && !isDefault) query.set(field.name, field.value);
  }
  const address = query.size ? `${path}?${query}` : path;
  const headers = {};
  if (form.elements.body) headers["Content-Type"] = "application/json";
  if (form.elements.accept) headers.Accept = form.elements.accept.value;
  return { address, method, headers, body: form.elements.body?.value };
};

/** A shell's single-quoted word. */
const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

const writeCurl = ({ address, method, headers, body }) =>
  [
    `curl -s ${quote(location.origin + address)}`,
    ...(method === "GET" ? [] : [`-X ${method}`]),
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`-d ${quote(body)}`]),
  ].join(" \\\n  ");

const isPicture = (type) => type.startsWith("image/");

const longest = 200_000;

const readText = async (response, type) => {
  const text = await response.text();
  const readable = type.endsWith("json") ? JSON.stringify(JSON.parse(text), null, 2) : text;
  return readable.length > longest ? `${readable.slice(0, longest)}\n${said("more", { count: readable.length - longest })}` : readable;
};

const show = async (form, response) => {
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0];
  const answer = form.querySelector(".answer");
  const picture = form.querySelector(".picture");
  picture.hidden = !isPicture(type);
  answer.hidden = isPicture(type);
  if (isPicture(type)) {
    URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(await response.blob());
  } else if (type === "application/pdf") {
    answer.textContent = said("pdf", { bytes: (await response.blob()).size });
  } else {
    answer.textContent = await readText(response, type);
  }
};

const send = async (form) => {
  const output = form.querySelector("output");
  const { address, ...options } = readRequest(form);
  output.textContent = "…";
  const started = performance.now();
  try {
    const response = await fetch(address, options);
    await show(form, response);
    output.textContent = said("took", { status: response.status, milliseconds: Math.round(performance.now() - started) });
  } catch (error) {
    output.textContent = String(error);
  }
};

const copyCurl = async (form) => {
  const command = writeCurl(readRequest(form));
  const answer = form.querySelector(".answer");
  answer.hidden = false;
  answer.textContent = command;
  await navigator.clipboard?.writeText(command).catch(() => undefined);
};

for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
  form.addEventListener("click", ({ target }) => {
    if (target.matches(".example")) form.elements.body.value = target.dataset.body;
    if (target.matches(".curl")) copyCurl(form);
  });
}

/** Opens the type that a link leads to. */
const openTarget = () => {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) target.open = true;
};

addEventListener("hashchange", openTarget);
openTarget();
