import { t } from "../texts/index.ts";
import { toast } from "./toast.tsx";

/** Puts a text on the clipboard and says so; where the browser forbids it, that is said. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast({ message: t("app.copied", { what }) });
  } catch {
    toast({ message: t("app.copyRefused"), isError: true });
  }
}
