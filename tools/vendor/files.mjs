// Where the built files lie, and how they are told apart.

import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export const target = fileURLToPath(new URL("../../static/vendor", import.meta.url));

/** The sha256 of a file, in hexadecimal. */
export async function hashOf(path) {
  return createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
}

/** Every built file by its path below `target`, the manifest left out. */
export async function builtFiles() {
  const entries = await readdir(target, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath ?? entry.path}/${entry.name}`.slice(target.length + 1))
    .filter((name) => name !== "manifest.json")
    .sort();
}
