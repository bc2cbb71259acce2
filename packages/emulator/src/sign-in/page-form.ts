import type { Outgoing } from "../exchange.ts";
import type { RouteContext } from "../routes/route.ts";
import { faultPage } from "./pages.ts";
import { checkNames, readFields } from "./request-fields.ts";

/**
 * The fields of a form that one of the emulator's own pages sent; what is wrong is told on a page. Another site's page is
 * refused, as a browser tells where a form came from.
 */
export function readPageForm(
  context: RouteContext,
  names: readonly string[],
): { readonly values: Readonly<Record<string, string>>; readonly refusal?: Outgoing } {
  const { origin, host } = context.incoming.headers;
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== host)
    return { values: {}, refusal: faultPage(403, "This form came from another site.") };
  const read = readFields(context, ["form"]);
  if (read.refusal !== undefined) return { values: {}, refusal: faultPage(400, "This form could not be read.") };
  const { values } = read.fields;
  if (checkNames(values, ["decision"], names) !== undefined || !/^(allow|deny)$/.test(values["decision"] ?? ""))
    return { values, refusal: faultPage(400, "This form has other fields than the page.") };
  return { values };
}
