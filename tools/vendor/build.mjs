// Make static/vendor from the packages in package-lock.json: one ES module a library, its licences, and a manifest.
//
// Run by hand when a version changes: `npm ci && npm run build` in this folder. The output is the same for the same
// lock file; `check.mjs` compares it with the manifest.

import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashOf, target } from "./files.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const packages = join(here, "node_modules");

/** Stylesheets that a library needs beside its module. */
const styles = { "uplot.css": "uplot/dist/uPlot.min.css" };

/**
 * CodeMirror is evaluated part by part, for all of it at once would keep a slow processor from everything else: two
 * entries, and what both of them need.
 */
const parted = { entries: ["codemirror.js", "codemirror-python.js"], common: "codemirror-view.js" };

/** The letters that our formulas are set in: four of the twenty fonts that KaTeX has. */
const fonts = ["Main-Regular", "Math-Italic", "Size1-Regular", "Size2-Regular", "Size3-Regular", "Size4-Regular"].map((name) => `KaTeX_${name}`);

await rm(target, { recursive: true, force: true });
await mkdir(join(target, "licences"), { recursive: true });
const entries = (await readdir(join(here, "entries"))).filter((name) => name.endsWith(".js")).sort();
const files = await bundleParted(parted);
for (const entry of entries) if (!parted.entries.includes(entry)) Object.assign(files, await bundle([entry]));
for (const [name, source] of Object.entries(styles)) {
  await copyFile(join(packages, source), join(target, name));
  files[name] = [source.split("/")[0]];
}
await addKatex(files);
await writeManifest(files);

/** KaTeX's stylesheet, with those fonts only. */
async function addKatex(files) {
  const dist = join(packages, "katex", "dist");
  const sheet = await readFile(join(dist, "katex.min.css"), "utf8");
  const faces = fonts.map((name) => `fonts/${name}.woff2`);
  const isWanted = (face) => faces.some((font) => face.includes(font));
  const kept = sheet.replace(/@font-face\{[^}]*\}/g, (face) => (isWanted(face) ? face.replace(/,url\([^)]*\.(woff|ttf)\) format\("\w+"\)/g, "") : ""));
  await mkdir(join(target, "fonts"), { recursive: true });
  await writeFile(join(target, "katex.css"), kept);
  files["katex.css"] = ["katex"];
  for (const font of faces) {
    await copyFile(join(dist, font), join(target, font));
    files[font] = ["katex"];
  }
}

/** Bundle entries, each with a stub of its types; return the files and the packages that went into each. */
async function bundle(names) {
  const { metafile } = await build({
    entryPoints: names.map((name) => join(here, "entries", name)),
    outdir: target,
    absWorkingDir: here,
    bundle: true,
    splitting: names.length > 1,
    format: "esm",
    minify: true,
    target: "es2022",
    legalComments: "none",
    metafile: true,
  });
  const files = {};
  for (const [path, { inputs, exports, entryPoint }] of Object.entries(metafile.outputs)) {
    files[basename(path)] = [...new Set(Object.keys(inputs).map(packageOf).filter(Boolean))].sort();
    if (entryPoint) files[await addStub(path, exports)] = [];
  }
  return files;
}

async function addStub(path, exports) {
  const stub = basename(path).replace(/\.js$/, ".d.ts");
  await writeFile(join(target, stub), `export const ${exports.sort().join(": any, ")}: any;\n`);
  return stub;
}

/** Bundle entries, and name what they have in common, so that the page can ask for it. */
async function bundleParted({ entries, common }) {
  const files = await bundle(entries);
  const [chunk, ...others] = Object.keys(files).filter((name) => name.startsWith("chunk-"));
  if (!chunk || others.length > 0) throw new Error(`${entries} have other parts in common than ${common}`);
  await rename(join(target, chunk), join(target, common));
  for (const entry of entries) {
    const code = await readFile(join(target, entry), "utf8");
    await writeFile(join(target, entry), code.replaceAll(chunk, common));
  }
  const { [chunk]: packages, ...rest } = files;
  return { ...rest, [common]: packages };
}

/** The package that a bundled file belongs to; null for an entry of ours. */
function packageOf(path) {
  const found = path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//);
  return found ? found[1] : null;
}

async function writeManifest(files) {
  const manifest = { packages: {}, files: {} };
  const names = [...new Set(Object.values(files).flat())].sort();
  for (const name of names) manifest.packages[name] = await describe(name);
  for (const [name, parts] of Object.entries(files)) {
    manifest.files[name] = { sha256: await hashOf(join(target, name)), packages: parts };
  }
  for (const name of (await readdir(join(target, "licences"))).sort()) {
    manifest.files[`licences/${name}`] = { sha256: await hashOf(join(target, "licences", name)) };
  }
  await writeFile(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** A package's version and licence; its licence text goes beside the built files, for minifying drops it. */
async function describe(name) {
  const folder = join(packages, name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const licence = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
  if (!licence) throw new Error(`${name} has no licence file`);
  await copyFile(join(folder, licence), join(target, "licences", `${name.replace("/", "-").replace("@", "")}.txt`));
  return { version, licence: license };
}
