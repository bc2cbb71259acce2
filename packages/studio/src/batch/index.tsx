export { BatchBar } from "./batch-bar.tsx";
