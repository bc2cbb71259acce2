export { Filters } from "./filters.tsx";
export { SearchBox } from "./search-box.tsx";
export { Toolbar } from "./toolbar.tsx";
