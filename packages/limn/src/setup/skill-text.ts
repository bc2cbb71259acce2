/** integrations/skill/limn-images/SKILL.md. Written by the test of the skill: vitest -u packages/limn/src/setup/skill.test.ts */
export const skillText = `---
name: limn-images
description: Make and edit pictures with limn, on the user's own ChatGPT plan. Use when the user wants a raster image made or changed (illustration, photo-like picture, icon, logo draft, hero or social image, texture, sprite, mock-up, transparent cut-out, a variation of a picture), or when work in hand needs such a file. Not for charts from data, diagrams, SVG, CSS, screenshots, or plain cropping and converting.
license: MIT
compatibility: Needs limn, as MCP tools (generate_image, edit_image) or as the command \`limn\`.
---

# Pictures with limn

## First decide

- Make a picture only when the user asked for one, or for work that cannot be finished without one. If in doubt, ask first.
- Draw it in code when code is better: charts, diagrams, exact text, SVG icons, CSS shapes. To crop, scale or convert, use an image tool.
- **Cost.** Each picture takes one from the image allowance of the user's plan, and takes one to three minutes. Make one (\`n\` 1) and look,
  then more. \`image_status\` (or \`limn status --json\`) says what is left and when it fills up again; it costs nothing.

## Ask well

- \`prompt\`: subject, place, style, light, composition, and words to be shown in quotation marks. It goes to the model unchanged.
- Shape: \`aspect\` (\`16:9\`, \`square\`, …) when only the shape matters. \`size\` (\`1200x630\`, \`2K\`) when the file must have these pixels:
  about 1.5 megapixels come back, limn scales and crops to the rest, and says so.
- \`background: "transparent"\` for icons, stickers and cut-outs; keep the format png, webp or avif.
- References: give the files in \`images\`, up to five, in the order that the prompt speaks of them ("the logo of the second image").
  For "the one before" use \`last: 1\` instead; never both.
- To change a picture use \`edit_image\`, say what changes and what stays. With \`mask\` everything outside stays bit for bit.
- Leave \`engine\`, \`model\` and \`quality\` out unless the user names them. More than five references make limn use another engine, which
  spends the weekly Codex allowance too.
- \`output\` puts a copy below the working folder. Nothing is ever overwritten: the answer has the path that was really used.

## Then look

1. Read the answer: \`got\` against \`asked\`, \`warnings\`, \`images[].path\`. Claim no size, format or transparency that it does not state.
2. **Look at the preview, or open the file, before you say that it is done.** Check subject, count, text, edges, transparency.
3. Not right? Say what is wrong. One targeted edit is better than the same request again; ask the user before the third try.
4. Give the user the absolute path, what it shows, and what differs from the request.

## When it does not come at once, or not at all

- \`status: "running"\`: the picture is being made and is paid for. Call \`get_generation\` with its \`id\`; never ask for it again.
- **A plan limit (\`usage_limit_reached\`, \`plan_not_included\`): stop. Do not try again, do not try another engine.** Tell the user when it
  resets.
- \`outcome_unknown\`: a picture may have been made. Look at \`list_generations\` first; ask the user before asking for it again.
- \`content_refused\`: tell the user; do not work around it. Other words only with the user's consent.
- \`login_missing\`, \`login_expired\`: give the user the command from the answer (\`limn login\`). Never handle tokens or keys yourself.

## Without the tools

Run the program; stdout has one JSON object, a failure has \`error\` in it. Give the command at least ten minutes.

\`\`\`sh
limn generate "a paper crane, app icon, soft shadow" --background transparent --aspect square -o icon.png --json
limn edit "make it night, keep the composition" -i harbour.png -o harbour-night.png --json
limn status --json
\`\`\`

Then open the file at \`images[].path\` and look, as above. Exit status 5 is a limit: stop. 8 may have cost a picture: see
\`limn history --json\`.
`;
