export { archiveTemplate } from "./archive-template";
export { createTemplate } from "./create-template";
export { duplicateTemplate } from "./duplicate-template";
export { editTemplate } from "./edit-template";
export { fieldsOf } from "./fields";
export { listRegions } from "./list-regions";
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
