export { EmptyLibrary } from "./empty-library.tsx";
export { EntryState, stageWords } from "./entry-state.tsx";
export { UnknownChoice } from "./unknown-choice.tsx";
