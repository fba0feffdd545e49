// What runs first: it asks for the words and for the first picture while the rest of the page is on its way.

import { beginTrace, bringTable } from "./api.js";
import { createDraft } from "./draft.js";
import { TABLES } from "./i18n.js";
import { createSettings, settingsAsked, storageOf } from "./settings.js";
import { bodyOf, firstSource } from "./source.js";

const storage = storageOf();
const isNamed = new URLSearchParams(location.search).has("trace");

// A link and a draft must be unpacked before one knows what they want, and in which language.
if (!isNamed && location.hash === "" && createDraft(storage).load() === "") {
  const { language } = { ...createSettings(storage, [document.documentElement.lang]).load(), ...settingsAsked() };
  // Whoever shows the words asks for them again, and is told what went wrong.
  for (const table of TABLES) bringTable(language, table).catch(() => {});
  beginTrace(bodyOf(firstSource()), { language });
}
