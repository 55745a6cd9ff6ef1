import { functions as attempts } from "./functions/attempts";
import { functions as bench } from "./functions/bench";
import { functions as changes } from "./functions/changes";
import { functions as clouds } from "./functions/clouds";
import { functions as executor } from "./functions/executor";
import { functions as warm } from "./functions/warm";
import { functions as workspaces } from "./functions/workspaces";

/** Every durable function. Add yours: one file per noun in ./functions that exports `functions`. */
export const functions = [...executor, ...changes, ...workspaces, ...warm, ...attempts, ...clouds, ...bench];
