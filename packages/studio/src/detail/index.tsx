export { Detail } from "./detail.tsx";
