import { pathToFileURL } from 'node:url';

export const importMetaUrl = /* @__PURE__ */ (() => pathToFileURL(__filename).href)();
