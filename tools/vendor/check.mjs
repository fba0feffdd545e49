// Check that static/vendor is what the manifest says, and that the manifest says what the lock file says.
//
// It needs neither the network nor node_modules, so it runs with every test.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { builtFiles, hashOf, target } from "./files.mjs";

const manifest = JSON.parse(await readFile(join(target, "manifest.json"), "utf8"));
const lock = JSON.parse(await readFile(new URL("package-lock.json", import.meta.url), "utf8"));
const faults = [...(await faultsOfFiles()), ...faultsOfVersions()];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.log(`${Object.keys(manifest.files).length} vendored files are as the manifest says`);

async function faultsOfFiles() {
  const present = await builtFiles();
  const expected = Object.keys(manifest.files);
  const faults = expected.filter((name) => !present.includes(name)).map((name) => `${name} is missing`);
  for (const name of present) {
    const entry = manifest.files[name];
    if (!entry) faults.push(`${name} is not in the manifest`);
    else if ((await hashOf(join(target, name))) !== entry.sha256) faults.push(`${name} was changed by hand`);
  }
  return faults;
}

function faultsOfVersions() {
  return Object.entries(manifest.packages)
    .filter(([name, { version }]) => lock.packages[`node_modules/${name}`]?.version !== version)
    .map(([name, { version }]) => `${name} ${version} is not the version in package-lock.json`);
}
