/** Of the record in a generation's folder. */
export const manifestName = "manifest.json";
