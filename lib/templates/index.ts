export { archiveTemplate } from "./archive-template";
export { containerSpec } from "./container-spec";
export { createTemplate } from "./create-template";
export { duplicateTemplate } from "./duplicate-template";
export { editTemplate } from "./edit-template";
export { presets } from "./presets";
export {
  currentVersionOf,
  getTemplate,
  getTemplateVersion,
  listTemplates,
  listTemplateVersions,
  loadTemplate,
  usableTemplates,
} from "./queries";
