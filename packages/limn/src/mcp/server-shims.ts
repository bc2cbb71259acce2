import process from "node:process";

/**
 * Stands in for the part of the MCP library that brings a JSON Schema compiler of 270 kB, for what limn's servers never do: judging what a
 * client was asked to fill in. `rolldown.config.js` puts it in its place.
 */
export class DefaultJsonSchemaValidator {
  getValidator(): never {
    throw new TypeError("limn's MCP server asks its clients for nothing that would have to be judged");
  }
}

export { process };
