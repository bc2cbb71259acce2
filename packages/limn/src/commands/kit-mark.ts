import { isLimnError } from "@limn/core";
import type { HostContext } from "../host-context.ts";

/** Notes the kit of a generation as soon as it is written down. */
export interface KitMark {
  note(id: string): void;
  /** When it is noted, or could not be, which is told. */
  end(): Promise<void>;
}

/** @throws invalid_option for a name that is none, before anything is sent */
export async function prepareKitMark(context: HostContext, kit: string): Promise<KitMark> {
  const library = await context.library();
  library.checkMarks({ kit });
  let noted: Promise<unknown> = Promise.resolve();
  return {
    note: (id) => {
      noted = library.mark(id, { kit });
      // Told at the end; a rejection that nobody waits for yet is none that nobody handles.
      noted.catch(() => undefined);
    },
    end: async () => {
      try {
        await noted;
      } catch (error) {
        if (!isLimnError(error)) throw error;
        context.terminal.say(`${context.terminal.style("yellow", "note:")} the kit was not noted: ${error.message}`);
      } finally {
        library.close();
      }
    },
  };
}
