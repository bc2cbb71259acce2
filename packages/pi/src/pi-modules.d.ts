/** Pi supplies these modules to extensions from its own copies (P4); what is used of them is looked at in `host.ts`. */
declare module "@earendil-works/pi-coding-agent" {}
declare module "@earendil-works/pi-tui" {}
