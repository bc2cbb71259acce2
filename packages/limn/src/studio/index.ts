export { createStudioSite } from "./create-studio-site.ts";
export type { StudioSite } from "./create-studio-site.ts";
export { pageFolder } from "./page-folder.ts";
