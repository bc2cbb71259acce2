/** `finish-picture SOURCE TARGET`: limn's own tools make 1200x630 pixels of one picture. Bundled, as they are in limn. */
import { createImageTools } from "@limn/finish";

const [source = "", target = ""] = process.argv.slice(2);
const size = { width: 1200, height: 630 };
void createImageTools().finish({ source, target, size, aspect: null, fit: "cover", format: "png", compression: null });
