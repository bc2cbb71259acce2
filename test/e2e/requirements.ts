/** What a requirement is about. */
type Part =
  | "command line"
  | "bad input"
  | "proof"
  | "editing"
  | "bad inputs of an edit"
  | "tools for agents"
  | "setup"
  | "server"
  | "library"
  | "studio";

export interface Requirement {
  readonly part: Part;
  readonly sentence: string;
  /** Proved by the core's own tests (test/integration, packages/core): what one of their files says. Then no test here has to. */
  readonly elsewhere?: RegExp;
}

/**
 * What is asked of the program as its user sees it. Tests name the ids they prove with
 * {@link proves}; requirements.test.ts fails for an id that nobody proves.
 */
export const requirements = {
  "generate-json": { part: "command line", sentence: "--json prints one object whose fields are what the bytes say" },
  "generate-plain": { part: "command line", sentence: "stdout carries saved paths, one a line, and nothing else" },
  "generate-jsonl": { part: "command line", sentence: "--jsonl prints the events in order, one JSON object a line" },
  "bare-prompt": { part: "command line", sentence: "limn PROMPT is limn generate PROMPT" },
  "mistyped-command": { part: "command line", sentence: "a word like a mistyped command is asked about, not drawn" },
  "prompt-sources": { part: "command line", sentence: "the prompt comes from words, -, piped stdin or --prompt-file" },
  "prompt-verbatim": { part: "command line", sentence: "the prompt goes verbatim, whatever is in it" },
  count: { part: "command line", sentence: "-n makes several pictures, named in order" },
  partial: { part: "command line", sentence: "one failure does not lose the others, and ends with 11" },
  "output-stdout": { part: "command line", sentence: "-o - writes the picture's bytes and refuses a terminal" },
  "output-folder": { part: "command line", sentence: "-o takes a folder, and LIMN_OUTPUT is its default" },
  force: { part: "command line", sentence: "only --force overwrites" },
  extension: {
    part: "command line",
    sentence: "the output's extension sets the type; one that names none is remarked",
  },
  aspect: { part: "command line", sentence: "--aspect steers the shape by words" },
  strict: {
    part: "command line",
    sentence: "--strict turns what was not honoured into an error and keeps the picture",
  },
  "embed-recipe": { part: "command line", sentence: "--embed-recipe writes the recipe into the file" },
  "no-history": { part: "command line", sentence: "--no-history leaves a hash record only" },
  recipe: { part: "command line", sentence: "recipe finds a picture by its bytes, wherever it was moved" },
  history: { part: "command line", sentence: "history lists and searches what was made" },
  "history-filters": { part: "library", sentence: "history filters by every property and goes on page by page" },
  "history-marks": {
    part: "library",
    sentence: "mark notes favourites, tags, kits and alt texts, which survive the index",
  },
  "history-trash": { part: "library", sentence: "trash takes generations out of sight, restore gives them back" },
  "history-prune": { part: "library", sentence: "prune removes for good what a rule names, after it was agreed to" },
  "history-import": { part: "library", sentence: "import brings in Codex's pictures and PNGs with a recipe, once" },
  "history-index": { part: "library", sentence: "the index is made anew from the files, whatever happened to it" },
  "history-shared": { part: "library", sentence: "several programs change one history at once and lose nothing" },
  show: { part: "command line", sentence: "show takes @last, an id and the beginning of an id" },
  open: { part: "command line", sentence: "open hands the picture to the system's viewer, without keys" },
  "sandbox-apart": { part: "command line", sentence: "sandbox pictures stay out of history and @last" },
  status: { part: "command line", sentence: "status says who pays, until when and what is left" },
  doctor: { part: "command line", sentence: "doctor finds what is wrong; its report holds nothing private" },
  config: { part: "command line", sentence: "config reads and writes settings" },
  precedence: { part: "command line", sentence: "flag over variable over project file over user file" },
  capabilities: { part: "command line", sentence: "models and capabilities tell what can be asked" },
  completion: { part: "command line", sentence: "completion prints a script that its shell takes, and answers it" },
  "dry-run": { part: "command line", sentence: "--dry-run prints the exact request and sends nothing" },
  explain: { part: "command line", sentence: "--explain says which engine is chosen and why" },
  help: { part: "command line", sentence: "every help text begins with examples" },
  progress: { part: "command line", sentence: "progress goes to stderr, animated only on a terminal" },
  "inline-picture": { part: "command line", sentence: "kitty, iTerm2 and half-block terminals show the picture" },
  interruption: { part: "command line", sentence: "Ctrl-C ends with 130 and says how the generation stands" },
  "broken-pipe": { part: "command line", sentence: "a reader who leaves is not an error and costs no picture" },
  "exit-codes": { part: "command line", sentence: "failures of the service end with the status of their category" },
  "errors-json": { part: "command line", sentence: "--json turns an error into one object, with the same status" },
  privacy: { part: "command line", sentence: "no token, prompt or address of a person leaks" },
  "no-api-key": { part: "command line", sentence: "an API key in the environment changes nothing" },
  "emulator-command": { part: "command line", sentence: "limn emulator runs the pretend service until Ctrl-C" },

  "edit-last": { part: "editing", sentence: "an edit of @last shows the parent's content, and knows its parent" },
  "edit-without-image": { part: "editing", sentence: "an edit without an image is refused with the next step" },
  "input-order": { part: "editing", sentence: "inputs go in the order in which they were given, whatever they are" },
  "input-sources": { part: "editing", sentence: "file, data URL, stdin, clipboard, @last, @ID and @ID:2 go in" },
  "input-types": { part: "editing", sentence: "PNG, JPEG and WebP go as they are; the rest is converted and said" },
  "last-of-folder": { part: "editing", sentence: "@last is this folder's, never another's" },
  "many-references": { part: "editing", sentence: "six references go to the engine responses, with what that spends" },
  "edit-on-both": { part: "editing", sentence: "both HTTP engines edit" },
  partials: { part: "editing", sentence: "previews come as they are drawn and are never the result" },
  size: { part: "editing", sentence: "--size is exact to the pixel, never stretched, and every step is listed" },
  fit: { part: "editing", sentence: "--fit covers, contains, pads or leaves the picture as it came" },
  format: { part: "editing", sentence: "--format converts, and what is lost is named" },
  transparency: { part: "editing", sentence: "transparency is real: native, made here, or missing and said" },
  "extra-images": { part: "editing", sentence: "one more image is spent only when allowed, announced and counted" },
  mask: { part: "editing", sentence: "with --mask every pixel outside stays bit-identical" },
  truth: { part: "editing", sentence: "each asked property ends as honoured, done here, not honoured or unknown" },
  probe: {
    part: "editing",
    sentence: "--probe asks first, measures, and the table, the request and the result change",
  },
  again: { part: "editing", sentence: "again repeats a generation with the same inputs, --vary makes a variation" },
  "same-as-input": { part: "editing", sentence: "a result equal to an input is remarked" },
  "references-dropped": {
    part: "editing",
    sentence: "inputs that the service dropped are an error; the picture is kept",
  },

  "codex-engine": {
    part: "editing",
    sentence: "--engine codex draws through the real Codex program, one image call a picture",
  },
  "codex-named": {
    part: "editing",
    sentence: "--engine codex is never taken by itself, and named where it is the only way",
  },

  "bad-six-references": {
    part: "bad inputs of an edit",
    sentence: "six references with --engine images, seventeen anywhere",
  },
  "bad-body-limit": {
    part: "bad inputs of an edit",
    sentence: "a body over the limit; --shrink-inputs scales down and says so",
  },
  "bad-pictures": {
    part: "bad inputs of an edit",
    sentence: "empty, cut, mislabelled, animated, 16-bit, CMYK, huge, bombs",
  },
  "bad-files": {
    part: "bad inputs of an edit",
    sentence: "missing, a folder, a text, a FIFO: refused, and nothing of it is sent",
  },
  "bad-addresses": { part: "bad inputs of an edit", sentence: "private addresses and strange schemes are refused" },
  "bad-masks": {
    part: "bad inputs of an edit",
    sentence: "another size, fully opaque, fully transparent, with a size",
  },
  "bad-last": { part: "bad inputs of an edit", sentence: "@last without history, a deleted parent" },
  "bad-clipboard": { part: "bad inputs of an edit", sentence: "an unreadable clipboard" },
  "bad-answers": { part: "bad inputs of an edit", sentence: "previews only, words only, moderation before and after" },

  "mcp-tools": { part: "tools for agents", sentence: "the tools generate, edit, follow up, list and tell the account" },
  "mcp-answers": {
    part: "tools for agents",
    sentence: "an answer has facts, a preview and a link, never the original's bytes",
  },
  "mcp-inputs": { part: "tools for agents", sentence: "pictures go in by path, by @last and by id" },
  "mcp-output": {
    part: "tools for agents",
    sentence: "pictures are delivered where it is asked, and nothing is overwritten",
  },
  "mcp-handover": {
    part: "tools for agents",
    sentence: "a call that takes long returns the id, and the picture is made all the same",
  },
  "mcp-giving-up": {
    part: "tools for agents",
    sentence: "a client that cancels or leaves loses no picture that was sent for",
  },
  "mcp-worker-death": {
    part: "tools for agents",
    sentence: "a worker that dies is told as what the record says of it",
  },
  "mcp-many": { part: "tools for agents", sentence: "many calls at once are each one generation" },
  "mcp-bad-arguments": {
    part: "tools for agents",
    sentence: "wrong arguments are told all at once, and nothing is sent",
  },
  "mcp-bad-paths": { part: "tools for agents", sentence: "nothing outside of the allowed folders is read or written" },
  "mcp-errors": { part: "tools for agents", sentence: "a failure is a tool error with code, cost and next step" },
  "mcp-sessions": { part: "tools for agents", sentence: "sessions do not see each other's pictures" },
  "mcp-http-guard": {
    part: "tools for agents",
    sentence: "over HTTP nobody gets in without the key, the right Host and Origin",
  },
  "mcp-codex": { part: "tools for agents", sentence: "the real Codex calls the tools and sees the picture" },

  "setup-list": { part: "setup", sentence: "limn setup lists the clients, and which of them are here" },
  "setup-write": { part: "setup", sentence: "a client's settings get limn's entry, and nothing else in them changes" },
  "setup-undo": { part: "setup", sentence: "--undo restores the file byte for byte" },
  "setup-ask": { part: "setup", sentence: "nothing is written before the difference was shown and agreed to" },
  "setup-print": { part: "setup", sentence: "--print shows what would be written, and writes nothing" },
  "setup-skill": { part: "setup", sentence: "the skill is written where the client finds it" },
  "setup-bad-input": { part: "setup", sentence: "a broken, foreign or changed file is told and left alone" },

  "serve-images": { part: "server", sentence: "images/generations answers as the public API does, exactly as asked" },
  "serve-edits": { part: "server", sentence: "images/edits takes forms and JSON, several pictures and a mask" },
  "serve-stream": { part: "server", sentence: "stream gives previews and pictures as events" },
  "serve-repeat": { part: "server", sentence: "a repeat joins or gets what the first one made, also after a restart" },
  "serve-key": {
    part: "server",
    sentence: "the key is made once, shown on request, changed at once, and nowhere else",
  },
  "serve-guard": { part: "server", sentence: "no key, a wrong one, a foreign Host or Origin gets nothing" },
  "serve-errors": { part: "server", sentence: "trouble has the API's shape, its status and its retry headers" },
  "serve-limits": {
    part: "server",
    sentence: "bad, large, slow and many requests cost little and leave nothing behind",
  },
  "serve-openapi": { part: "server", sentence: "openapi.json is valid, and every answer is as it says" },
  "serve-files": { part: "server", sentence: "an address of a picture is a secret of its own that runs out" },
  "serve-models": { part: "server", sentence: "the models that work are listed" },
  "serve-clients": { part: "server", sentence: "programs that speak the public API work with another address only" },
  "studio-session": {
    part: "studio",
    sentence: "the page opens by a link that works once, and without a session there is nothing",
  },
  "studio-guard": { part: "studio", sentence: "pages of other origins get and change nothing" },
  "studio-generate": {
    part: "studio",
    sentence: "the page draws, edits, varies and stops, and every picture is in the history",
  },
  "studio-repeat": {
    part: "studio",
    sentence: "one wish of the page is sent once, whatever becomes of its tries and of the server",
  },
  "studio-pictures": {
    part: "studio",
    sentence: "pictures come whole, in part, small and as ZIP, and only those of the history",
  },
  "studio-library": { part: "studio", sentence: "marks, trash and pages of the library are the same in every window" },
  "studio-live": { part: "studio", sentence: "what any program draws is seen while it is drawn, also after a break" },
  "studio-status": { part: "studio", sentence: "plan, limits, sign-in and the network are told as they are" },
  "studio-bad-input": {
    part: "studio",
    sentence: "a damaged history and senseless requests are told, and take nothing else with them",
  },
  "serve-stop": { part: "server", sentence: "an interrupted server finishes what was sent and gives the answer" },

  "bad-empty-prompt": { part: "bad input", sentence: "empty prompt" },
  "bad-long-prompt": { part: "bad input", sentence: "prompt of 40,000 characters" },
  "bad-option": { part: "bad input", sentence: "unknown option" },
  "bad-size": { part: "bad input", sentence: "--size 17x99999" },
  "bad-count": { part: "bad input", sentence: "--count 0" },
  "bad-output-folder": { part: "bad input", sentence: "output folder missing or not writable" },
  "output-exists": { part: "bad input", sentence: "output exists: a counter is added and said" },
  "bad-terminal": { part: "bad input", sentence: "- to a terminal" },
  "bad-no-login": { part: "bad input", sentence: "no login" },
  "bad-api-key-login": { part: "bad input", sentence: "API-key login" },
  "bad-expired-login": { part: "bad input", sentence: "expired login" },
  "bad-third-party": { part: "bad input", sentence: "third-party provider" },
  "bad-login-file": { part: "bad input", sentence: "login file broken JSON" },
  "bad-clock": { part: "bad input", sentence: "clock far off" },
  "bad-base-url": { part: "bad input", sentence: "base URL not http(s)" },
  "bad-project-address": { part: "bad input", sentence: "project config that sets an address" },
  "bad-disk-full": {
    part: "bad input",
    sentence: "disk full while saving: the paid image survives somewhere and is named",
    elsewhere: /ENOSPC|disk (?:is )?full/i,
  },
  "same-name": { part: "bad input", sentence: "two runs writing to the same name at the same time" },
  "killed-waiting": { part: "bad input", sentence: "SIGKILL while waiting: history tells the truth" },
  "killed-anywhere": {
    part: "bad input",
    sentence: "SIGKILL at each stage: history tells the truth",
    elsewhere: /SIGKILL/,
  },

  "proof-try": { part: "proof", sentence: "npm run try prints the path of a PNG that opens" },
  "proof-json": {
    part: "proof",
    sentence: "generate --sandbox --json -o equals what sharp and SHA-256 say of the bytes",
  },
  "proof-emulator": { part: "proof", sentence: "the request recorded by limn emulator equals the recorded sample" },
  "proof-killed": {
    part: "proof",
    sentence: "processes killed at random never call more often than their manifests admit",
    elsewhere: /SIGKILL[\s\S]*random|random[\s\S]*SIGKILL/i,
  },
} as const satisfies Readonly<Record<string, Requirement>>;

export type RequirementId = keyof typeof requirements;

/** For the end of a test's name: the requirements that it proves. */
export function proves(...ids: readonly RequirementId[]): string {
  return `[${ids.join(", ")}]`;
}
