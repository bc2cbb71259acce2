/** The floor of finishing: `sharp-by-hand SOURCE TARGET` does with sharp alone what `finish-picture` does. */
import sharp from "sharp";

const [source = "", target = ""] = process.argv.slice(2);
void sharp(source)
  .resize(1200, 630, { fit: "cover", position: "attention" })
  .png({ compressionLevel: 6, adaptiveFiltering: true, palette: false })
  .toFile(target);
