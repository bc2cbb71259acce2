import { app } from "./app.ts";
import { batch } from "./batch.ts";
import { compose } from "./compose.ts";
import { detail } from "./detail.ts";
import { filters } from "./filters.ts";
import { mask } from "./mask.ts";
import { states } from "./states.ts";
import { status } from "./status.ts";
import { trash } from "./trash.ts";
import { wall } from "./wall.ts";

export const en = { app, batch, compose, detail, filters, mask, states, status, trash, wall } as const;
