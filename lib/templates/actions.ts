"use server";

import { userAction } from "@/lib/accounts";
import { archiveTemplate, restoreTemplate } from "./archive-template";
import { checkTemplate } from "./check-template";
import { createTemplate } from "./create-template";
import { duplicateTemplate } from "./duplicate-template";
import { editTemplate } from "./edit-template";
import { listTemplates } from "./queries";
import {
  duplicateTemplateInput,
  editTemplateInput,
  listTemplatesInput,
  templateFields,
  templateIdInput,
} from "./schema";

export const createTemplateAction = userAction(templateFields, createTemplate);
export const checkTemplateAction = userAction(templateFields, checkTemplate);
export const editTemplateAction = userAction(editTemplateInput, editTemplate);
export const duplicateTemplateAction = userAction(duplicateTemplateInput, duplicateTemplate);
export const archiveTemplateAction = userAction(templateIdInput, archiveTemplate);
export const restoreTemplateAction = userAction(templateIdInput, restoreTemplate);
export const moreTemplatesAction = userAction(listTemplatesInput, listTemplates);
