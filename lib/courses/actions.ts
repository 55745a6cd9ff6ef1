"use server";

import { userAction } from "@/lib/accounts";
import { addMember } from "./add-member";
import { addStudent } from "./add-student";
import { archiveClass, restoreClass } from "./archive-class";
import { archiveCourse, restoreCourse } from "./archive-course";
import { createClass } from "./create-class";
import { createCourse } from "./create-course";
import { editCourse } from "./edit-course";
import { enrolClass, withdrawClass } from "./enrol-class";
import { importRoster } from "./import-roster";
import { previewRoster } from "./preview-roster";
import { listClasses, listCourses } from "./queries";
import { removeMember } from "./remove-member";
import { removeStudent, restoreStudent } from "./remove-student";
import { renameClass } from "./rename-class";
import { listRoster } from "./roster";
import {
  addMemberInput,
  addStudentInput,
  classIdInput,
  courseClassInput,
  courseFields,
  courseIdInput,
  createClassInput,
  editCourseInput,
  enrolmentInput,
  importRosterInput,
  listInput,
  listRosterInput,
  memberInput,
  previewRosterInput,
  renameClassInput,
} from "./schema";

export const createCourseAction = userAction(courseFields, createCourse);
export const editCourseAction = userAction(editCourseInput, editCourse);
export const archiveCourseAction = userAction(courseIdInput, archiveCourse);
export const restoreCourseAction = userAction(courseIdInput, restoreCourse);
export const moreCoursesAction = userAction(listInput, listCourses);
export const addMemberAction = userAction(addMemberInput, addMember);
export const removeMemberAction = userAction(memberInput, removeMember);
export const enrolClassAction = userAction(courseClassInput, enrolClass);
export const withdrawClassAction = userAction(courseClassInput, withdrawClass);

export const createClassAction = userAction(createClassInput, createClass);
export const renameClassAction = userAction(renameClassInput, renameClass);
export const archiveClassAction = userAction(classIdInput, archiveClass);
export const restoreClassAction = userAction(classIdInput, restoreClass);
export const moreClassesAction = userAction(listInput, listClasses);
export const moreStudentsAction = userAction(listRosterInput, listRoster);
export const addStudentAction = userAction(addStudentInput, addStudent);
export const removeStudentAction = userAction(enrolmentInput, removeStudent);
export const restoreStudentAction = userAction(enrolmentInput, restoreStudent);
export const previewRosterAction = userAction(previewRosterInput, previewRoster);
export const importRosterAction = userAction(importRosterInput, importRoster);
