export { addMember } from "./add-member";
export { addStudent } from "./add-student";
export { archiveClass, restoreClass } from "./archive-class";
export { archiveCourse, restoreCourse } from "./archive-course";
export { createClass } from "./create-class";
export { createCourse } from "./create-course";
export { editCourse } from "./edit-course";
export { enrolClass, withdrawClass } from "./enrol-class";
export { importRoster } from "./import-roster";
export { isStaff } from "./is-staff";
export { loadCourse } from "./load";
export { previewRoster } from "./preview-roster";
export {
  enrollableClasses,
  getClass,
  getCourse,
  listClasses,
  listCourseClasses,
  listCourses,
  listMembers,
} from "./queries";
export { removeMember } from "./remove-member";
export { removeStudent, restoreStudent } from "./remove-student";
export { renameClass } from "./rename-class";
export { listRoster } from "./roster";
export { showClass } from "./show-class";
