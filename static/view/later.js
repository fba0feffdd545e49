// A part of the page that is fetched when it is first wanted, so that the page opens sooner.

import { html, useEffect, useState } from "../vendor/preact.js";

/** @param {{load: () => Promise<(props: any) => any>, props: any}} props */
export function Later({ load, props }) {
  const [loaded, setLoaded] = useState(null);
  useEffect(() => {
    load().then((Part) => setLoaded({ Part }), () => setLoaded({ Part: null }));
  }, []);
  return loaded?.Part ? html`<${loaded.Part} ...${props} />` : null;
}
