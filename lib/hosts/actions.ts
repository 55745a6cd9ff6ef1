"use server";

import { userAction } from "@/lib/accounts";
import { setHostStatusInput } from "./schema";
import { setHostStatus } from "./set-host-status";

export const setHostStatusAction = userAction(setHostStatusInput, setHostStatus);
