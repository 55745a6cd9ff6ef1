"use server";

import { userAction } from "@/lib/accounts";
import { restoreFile } from "./restore";
import { retryCollections } from "./retry";
import { restoreInput, retryInput } from "./schema";

export const retryCollectionsAction = userAction(retryInput, retryCollections);
export const restoreFileAction = userAction(restoreInput, restoreFile);
